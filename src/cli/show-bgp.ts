/** `selvedge bgp show`: asks a running speaker, and lays out what it says. */

import type { BgpRouteView, BgpSummaryView, BgpViews } from '../api/contract/bgp.ts';
import { call } from './call.ts';
import { complain, formatTable, paint, print } from './output.ts';

/** Returns the exit status. */
export async function showBgp(
  what: string,
  family: string,
  { socket, json }: { readonly socket: string; readonly json?: true },
): Promise<number> {
  const render = renderers[what];
  if (render === undefined) {
    complain(`there is no view of '${what}'; there are ${Object.keys(renderers).join(', ')}`);
    return 1;
  }
  const answer = await call(socket, 'GET', `/${what}?q=${encodeURIComponent(family)}`);
  if (!answer.ok) {
    complain(
      `cannot ask the speaker at ${socket}: ${answer.error.message}; start it with 'selvedge bgp', or name its socket with --socket`,
    );
    return 1;
  }
  print(json === true ? JSON.stringify(answer.value, null, 2) : render(answer.value));
  return 0;
}

/** The speaker's own version of the contract: the two are installed together. */
const renderers: Readonly<Record<string, (view: unknown) => string>> = {
  summary: (view) => renderSummary(view as BgpViews['/summary']),
  rib: (view) => renderRib(view as BgpViews['/rib']),
};

export function renderSummary({
  as,
  routerId,
  ribs,
  attributeSets,
  peers,
}: BgpSummaryView): string {
  const held = ribs.map(
    ({ family, destinations, paths }) => `${family}: ${destinations} routes, ${paths} paths`,
  );
  const rows = peers.flatMap(({ name, as: remote, state, uptime, families, lastReason }) => {
    const since = uptime === undefined ? '' : formatUptime(uptime);
    const first = [name, remote === undefined ? '' : String(remote), state, since];
    if (families.length === 0) return [[...first, '', '', '', lastReason ?? '']];
    return families.map(({ family, received, sent }, index) => [
      ...(index === 0 ? first : ['', '', '', '']),
      family,
      String(received),
      String(sent),
      '',
    ]);
  });
  return [
    `AS ${as}, router id ${routerId}; ${attributeSets} sets of attributes`,
    ...held,
    '',
    formatTable(['PEER', 'AS', 'STATE', 'UP', 'FAMILY', 'RECEIVED', 'SENT', 'LAST END'], rows),
  ].join('\n');
}

/** Each route, and below it its paths, the best one first and marked. */
export function renderRib(routes: readonly BgpRouteView[]): string {
  return routes
    .flatMap(({ route, rd, paths }) => [
      paint('bold', rd === undefined ? route : `${rd} ${route}`),
      ...paths.map(
        ({ isBest, isStale, from, nextHop, attributes }) =>
          `${isBest ? '*>' : '* '}${isStale ? 'S' : ' '} via ${nextHop} from ${from}  ${attributes.join('; ')}`,
      ),
    ])
    .join('\n');
}

function formatUptime(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
