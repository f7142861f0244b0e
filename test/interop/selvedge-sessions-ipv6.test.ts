/**
 * The process `selvedge bgp`, by its file, with each daemon (but ExaBGP) on a cable of its own: sessions over IPv6, with TCP-MD5 and with
 * GTSM, and with FRR between the link-local addresses that both find by themselves. Every session carries routes both ways.
 *
 *     source ── one process for each kind of session ── each daemon
 */

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { expectRoutes, startPeer } from './harness/fixture.ts';
import { Namespace } from './harness/namespaces.ts';
import type { Peer } from './harness/peer.ts';
import { bgpPort, type NeighborConfig } from './harness/router.ts';
import type { Route } from './harness/routes.ts';
import { SelvedgeProcess } from './harness/selvedge-process.ts';
import {
  exabgp4,
  exabgp5,
  frr8,
  frr10,
  frrNew,
  gobgp4,
  type Software,
  software,
} from './harness/software.ts';
import { until } from './harness/until.ts';

const ourAs = 65000;

interface Kind {
  readonly name: string;
  /** Of the daemon's neighbour, and of our peer, beside addresses and AS. */
  readonly theirs: Partial<NeighborConfig>;
  readonly ours: string;
  readonly isUnnumbered?: boolean;
}

const kinds: readonly Kind[] = [
  { name: 'plain', theirs: {}, ours: '' },
  { name: 'TCP-MD5', theirs: { password: 'selvedge' }, ours: 'password = "selvedge"' },
  { name: 'GTSM', theirs: { ttlSecurity: 1 }, ours: 'hops = 1\nttl_security = true' },
  { name: 'unnumbered', theirs: {}, ours: '', isUnnumbered: true },
];

/** Between link-local addresses IPv4 has an IPv6 next hop, RFC 8950. */
function familiesOf({ isUnnumbered = false }: Kind): readonly ('ipv4' | 'ipv6')[] {
  return isUnnumbered ? ['ipv4', 'ipv6'] : ['ipv6'];
}

interface Cable {
  readonly of: Software;
  readonly name: string;
  readonly as: number;
  readonly net: string;
}

function cableTo(of: Software, index: number): Cable {
  return { of, name: `d${index}`, as: 65100 + index, net: `fd00:${index + 1}::` };
}

/** What all daemons hear comes from this one. */
const source = cableTo(gobgp4, 0);
/** ExaBGP met us in all three ways within half a minute on a quiet machine, and on a busy one not within three. */
const daemons = software.filter((each) => each !== exabgp4 && each !== exabgp5);
const cables = [source, ...daemons.map((of, index) => cableTo(of, index + 1))];

const isFrr = ({ of }: Cable): boolean => [frr8, frr10, frrNew].includes(of);
const kindsWith = (cable: Cable): readonly Kind[] =>
  kinds.filter(({ isUnnumbered }) => isUnnumbered !== true || isFrr(cable));
const theirs = ({ net }: Cable): string => `${net}100`;
const ours = ({ net }: Cable, kind: Kind): string => `${net}${kinds.indexOf(kind) + 1}`;
const portOf = (kind: Kind): number => bgpPort + kinds.indexOf(kind);

/** What the process of a kind reads. */
function formatFile(kind: Kind): string {
  const head = `[global]
as = ${ourAs}
router_id = "192.0.2.${1 + kinds.indexOf(kind)}"
families = ["ipv4-unicast", "ipv6-unicast"]
ebgp_requires_policy = false
[policy.of-the-source]
[[policy.of-the-source.term]]
match.as_paths = ["${source.as}$"]
action = "accept"
[[listen]]
address = "::"
port = ${portOf(kind)}`;
  const peers = cables
    .filter((cable) => cable === source || kindsWith(cable).includes(kind))
    .map((cable) => formatPeer(cable, kind));
  return [head, ...peers].join('\n');
}

function formatPeer(cable: Cable, kind: Kind): string {
  const isSource = cable === source;
  const isOnLink = kind.isUnnumbered === true && !isSource;
  const where = isOnLink
    ? `link = "to-${cable.name}"`
    : `address = "${theirs(cable)}"\nsource = "${ours(cable, kind)}"`;
  return `[[peer]]
name = "${cable.name}"
${where}
as = ${cable.as}
port = ${bgpPort}
connect_retry = 1
export = "of-the-source"
${isSource ? 'passive = true' : kind.ours}`;
}

/** Our namespace and those of all daemons, with what runs in ours. */
interface Stage {
  readonly us: Namespace;
  readonly there: ReadonlyMap<Cable, Namespace>;
  readonly processes: ReadonlyMap<Kind, SelvedgeProcess>;
}

async function build(t: TestContext): Promise<Stage> {
  const us = new Namespace('us');
  const there = new Map(cables.map((cable) => [cable, new Namespace(cable.name)]));
  t.after(() => {
    for (const each of [us, ...there.values()]) each.remove();
  });
  for (const [cable, namespace] of there) {
    const ends = us.connect(namespace);
    for (const kind of kinds) {
      us.ip('address', 'add', `${ours(cable, kind)}/64`, 'dev', ends.here, 'nodad');
    }
    namespace.ip('address', 'add', `${theirs(cable)}/64`, 'dev', ends.there, 'nodad');
  }
  const processes = new Map<Kind, SelvedgeProcess>();
  for (const kind of kinds) {
    processes.set(kind, await SelvedgeProcess.start(t, formatFile(kind), us.name));
  }
  return { us, there, processes };
}

function startDaemon(t: TestContext, { there }: Stage, cable: Cable): Promise<Peer> {
  const isSource = cable === source;
  const neighbors = (isSource ? kinds : kindsWith(cable)).map((kind): NeighborConfig => {
    const isOnLink = kind.isUnnumbered === true && !isSource;
    const address = isOnLink ? '%to-us' : ours(cable, kind);
    const common = { as: ourAs, port: portOf(kind), families: familiesOf(kind) };
    return { ...common, address, ...(isSource ? {} : kind.theirs) };
  });
  return startPeer(t, cable.of, {
    as: cable.as,
    routerId: `192.0.2.${cable.as - 65000}`,
    address: theirs(cable),
    netns: there.get(cable)?.name ?? '',
    neighbors,
  });
}

function prefixOf(family: 'ipv4' | 'ipv6', { as }: Cable): string {
  return family === 'ipv4' ? `198.51.${as - 65000}.0/24` : `2001:db8:${as - 65000}::/48`;
}

/** A route of the daemon's own. */
function routeOf(family: 'ipv4' | 'ipv6', cable: Cable): Route {
  const nextHop = family === 'ipv4' ? '192.0.2.7' : theirs(cable);
  const nlri = { type: family, prefix: prefixOf(family, cable) };
  return { nlri, attributes: { nextHop, origin: 'igp', asPath: [] } };
}

async function meets({ processes }: Stage, cable: Cable, kind: Kind, daemon: Peer): Promise<void> {
  await processes.get(kind)?.established(cable.name);
  await daemon.established(kind.isUnnumbered === true ? '%to-us' : ours(cable, kind));
}

/** A session of the kind carries what the source says one way, and what the daemon says the other. */
async function exchanges(stage: Stage, cable: Cable, kind: Kind, daemon: Peer): Promise<void> {
  const process = stage.processes.get(kind);
  assert.ok(process !== undefined);
  // Our end of the session is the neighbour of the daemon's routes, and their next hop.
  const { ends } = (await process.neighbor(cable.name)) ?? {};
  const [, nextHop = ''] = /^\[(.*)\]/.exec(ends?.local ?? '') ?? [];
  for (const family of familiesOf(kind)) {
    // RFC 4271 §5.1.2, §5.1.3.
    const attributes = { nextHop, origin: 'igp', asPath: [ourAs, source.as] } as const;
    const nlri = { type: family, prefix: prefixOf(family, source) };
    await expectRoutes(daemon, nextHop, [{ nlri, attributes }]);
    const own = prefixOf(family, cable);
    await until(`we have ${own}`, async () => {
      const found = await process.routes(`${family}-unicast`);
      return found.some(({ route, paths }) => route === own && paths[0]?.from === cable.name);
    });
  }
}

test('selvedge bgp over IPv6', { skip: gobgp4.skip, concurrency: 3 }, async (t) => {
  const stage = await build(t);
  const from = await startDaemon(t, stage, source);
  await from.announce(routeOf('ipv4', source), routeOf('ipv6', source));
  for (const kind of kinds) await from.established(ours(source, kind));
  const tests = cables.slice(1).map((cable) =>
    t.test(
      `${cable.of.name}: ${kindsWith(cable)
        .map(({ name }) => name)
        .join(', ')}`,
      {
        skip: cable.of.skip,
      },
      async (one) => {
        const daemon = await startDaemon(one, stage, cable);
        const families = isFrr(cable) ? (['ipv4', 'ipv6'] as const) : (['ipv6'] as const);
        for (const kind of kindsWith(cable)) await meets(stage, cable, kind, daemon);
        await daemon.announce(...families.map((family) => routeOf(family, cable)));
        for (const kind of kindsWith(cable)) await exchanges(stage, cable, kind, daemon);
      },
    ),
  );
  await Promise.all(tests);
});
