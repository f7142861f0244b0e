/** What `selvedge bgp show` asks, on a Unix socket. Knows no speaker: what it shows comes through a port. */

import type { Result } from '../../base/result.ts';
import type { BgpViews } from '../contract/bgp.ts';
import { type Listening, send, serveOnSocket, urlOf } from './http.ts';

export interface BgpPorts {
  view<P extends keyof BgpViews>(path: P, query: string): BgpViews[P];
}

const paths: readonly (keyof BgpViews)[] = ['/summary', '/rib'];

export function serveBgp(path: string, ports: BgpPorts): Promise<Result<Listening, string>> {
  const remedy = 'see that its directory is there and open to us, or set global.socket';
  return serveOnSocket(path, remedy, async (request, response) => {
    const url = urlOf(request);
    const known = paths.find((each) => each === url?.pathname);
    if (request.method !== 'GET') send(response, 405, { error: 'only GET is answered here' });
    else if (known === undefined) send(response, 404, { error: 'there is nothing of that path' });
    else send(response, 200, ports.view(known, url?.searchParams.get('q') ?? ''));
  });
}
