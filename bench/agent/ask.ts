/**
 * A process in the network namespace of one node that asks the kernel itself for what the agent asks for when an address of
 * mode bgp comes, and takes it away again; tells the moment just before the former, when all is in octets. What the kernel
 * takes of a bind is its own: Linux goes through all routing rules, and through all addresses of a device, one by one.
 * Started by `asker.ts`.
 */

import { unwrap } from '../../src/base/result.ts';
import { parseIfName } from '../../src/net/if-name.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { parseMac } from '../../src/net/mac.ts';
import { parseTableId } from '../../src/net/numbers.ts';
import {
  addressOf,
  create,
  linkOf,
  NetlinkSocket,
  netlinkTransport,
  neighOf,
  objects,
  remove,
  routeOf,
  ruleOf,
} from '../../src/protocols/netlink/index.ts';
import { askedFor } from './asker.ts';
import { now } from './watcher.ts';

const destination = unwrap(parsePrefix(askedFor));
/** That nothing else has. */
const table = unwrap(parseTableId(2_000_000_000));
const mac = unwrap(parseMac('02:00:00:00:00:01'));
const priority = 32_000;

let sentAt = 0;
const kernel = netlinkTransport();
const transport: typeof kernel = {
  ...kernel,
  send: (datagram) => {
    sentAt = now();
    return kernel.send(datagram);
  },
};
const netlink = unwrap(NetlinkSocket.open({ transport }));

async function indexOf(name: string): Promise<number> {
  const found = unwrap(
    await netlink.get(objects.link, linkOf({ name: unwrap(parseIfName(name)) })),
  );
  return found.index;
}

const [bridge, nic] = [await indexOf('br-ex'), await indexOf('bgp-nic')];
const { ip } = destination;
const rule = ruleOf({ family: 4, priority, destination, table });
const route = routeOf({ destination, table, scope: 'link', oif: bridge });
const neigh = neighOf({ index: bridge, ip, address: mac });
const address = addressOf({ index: nic, prefix: destination });
const come = [
  create(objects.rule, rule),
  create(objects.route, route),
  create(objects.neigh, neigh),
  create(objects.address, address),
];
const go = [
  remove(objects.address, address),
  remove(objects.neigh, neigh),
  remove(objects.route, route),
  remove(objects.rule, rule),
];

async function ask(): Promise<void> {
  const results = await netlink.batch(come);
  const begun = sentAt;
  for (const result of [...results, ...(await netlink.batch(go))]) unwrap(result);
  process.send?.(begun);
}

process.on('message', () => void ask());
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
