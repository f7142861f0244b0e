/** IPv4 routes by way of IPv6 next hops (RFC 8950) between FRR and our process, where there is no IPv4 address on the way. */

import { test, type TestContext } from 'node:test';
import { expectRoutes, startPeer } from './harness/fixture.ts';
import { Namespace } from './harness/namespaces.ts';
import type { Peer } from './harness/peer.ts';
import { bgpPort } from './harness/router.ts';
import type { Attributes, Route } from './harness/routes.ts';
import { SelvedgeProcess } from './harness/selvedge-process.ts';
import { frr10, frr8, frrNew, type Software } from './harness/software.ts';

const ourAs = 65000;

interface Side {
  readonly as: number;
  /** Of the daemon, and of ours. */
  readonly there: string;
  readonly here: string;
}

const left: Side = { as: 65001, there: '2001:db8:a::1', here: '2001:db8:a::254' };
const right: Side = { as: 65002, there: '2001:db8:b::1', here: '2001:db8:b::254' };

/** A daemon in a namespace of its own at the other end of a cable from ours. */
async function startBeside(
  t: TestContext,
  middle: Namespace,
  software: Software,
  name: string,
  { as, here, there }: Side,
): Promise<Peer> {
  const namespace = new Namespace(name);
  t.after(() => namespace.remove());
  const cable = middle.connect(namespace);
  middle.ip('address', 'add', `${here}/64`, 'dev', cable.here, 'nodad');
  namespace.ip('address', 'add', `${there}/64`, 'dev', cable.there, 'nodad');
  return startPeer(t, software, {
    as,
    routerId: `192.0.2.${as % 100}`,
    address: there,
    netns: namespace.name,
    neighbors: [
      {
        address: here,
        as: ourAs,
        families: ['ipv4'],
        lines: ['capability extended-nexthop'],
      },
    ],
  });
}

const peerText = ({ as, there }: Side): string => `
[[peer]]
address = "${there}"
as = ${as}
passive = true
extended_next_hop = true
`;

const file = `[global]
as = ${ourAs}
router_id = "192.0.2.254"
families = ["ipv4-unicast"]
ebgp_requires_policy = false
[[listen]]
address = "::"
port = ${bgpPort}
${peerText(left)}
${peerText(right)}`;

for (const [ofLeft, ofRight] of [
  [frr8, frrNew],
  [frrNew, frr10],
] as const) {
  const skip = ofLeft.skip || ofRight.skip;
  test(`${ofLeft.name} and ${ofRight.name} hear of IPv4 routes through us over IPv6 (RFC 8950)`, {
    skip,
  }, async (t) => {
    const middle = new Namespace('c');
    t.after(() => middle.remove());
    const a = await startBeside(t, middle, ofLeft, 'a', left);
    const b = await startBeside(t, middle, ofRight, 'b', right);
    await SelvedgeProcess.start(t, file, middle.name);
    await a.established(left.here);
    await b.established(right.here);
    const prefixes = ['198.51.100.0/24', '203.0.113.128/25'];
    const [one, two] = prefixes.map(
      (prefix): Route => ({
        nlri: { type: 'ipv4', prefix },
        attributes: { nextHop: left.there, origin: 'igp', asPath: [] },
      }),
    );
    if (one === undefined || two === undefined) throw new Error('there are two');
    const told = ({ nlri }: Route, nextHop: string, asPath: readonly number[]): Route => {
      const attributes: Attributes = { nextHop, origin: 'igp', asPath };
      return { nlri, attributes };
    };
    await a.announce(one);
    await b.announce({ ...two, attributes: { ...two.attributes, nextHop: right.there } });
    await expectRoutes(b, right.here, [told(one, right.here, [ourAs, left.as])]);
    await expectRoutes(a, left.here, [told(two, left.here, [ourAs, right.as])]);
  });
}
