/**
 * A speaker of ours with tables, run beside a real daemon by tables.ts in a network namespace: orders come as lines of JSON,
 * and so do the answers.
 */

import { createInterface } from 'node:readline';
import { silentLog } from '../../../src/base/ports.ts';
import { unwrap } from '../../../src/base/result.ts';
import { parseBgpConfig } from '../../../src/config/bgp/read.ts';
import {
  formatIp,
  formatMac,
  formatTableKey,
  type IpVrf,
  type MacVrf,
  parseImportTarget,
  parseIp,
  parseMac,
  parsePrefix,
  parseRouteDistinguisher,
  parseRouteTarget,
  rdOf,
  routeTargetOf,
  systemTimers,
  type TablePath,
  Tables,
} from '../../../src/protocols/bgp/index.ts';
import { SpeakerProcess } from '../../../src/speaker/process.ts';
import { bgpPort } from './router.ts';
import type { TablesOrder, TablesSettings, UsedPath } from './tables.ts';

const [text = '{}'] = process.argv.slice(2);
const settings: TablesSettings = JSON.parse(text);
const { address, peer, as, connects } = settings;

const us = new SpeakerProcess(
  unwrap(
    parseBgpConfig(`
[global]
as = ${as}
router_id = "${settings.routerId}"
families = ["l2vpn-evpn"]
[[listen]]
address = "${address}"
port = ${bgpPort}
[[peer]]
address = "${peer}"
as = ${as}
source = "${address}"
port = ${bgpPort}
passive = ${!connects}
connect_retry = 1
`),
  ),
  silentLog,
);

const reports: string[] = [];
const tables = new Tables({
  routing: us.routing,
  timers: systemTimers,
  report: ({ type, mac }) => reports.push(`${type} ${formatMac(mac)}`),
});

function target(of: string) {
  return routeTargetOf(unwrap(parseRouteTarget(of)));
}

const common = { vtep: unwrap(parseIp(address)) };
const blue = unwrap(
  tables.declareIpVrf({
    ...common,
    name: 'blue',
    rd: rdOf(unwrap(parseRouteDistinguisher(`${settings.routerId}:5000`))),
    vni: 5000,
    routerMac: unwrap(parseMac('02:00:00:00:00:fe')),
    imports: [unwrap(parseImportTarget('*:5000'))],
    exports: [target(`${as}:5000`)],
  }),
);
const red = unwrap(
  tables.declareMacVrf({
    ...common,
    name: 'red',
    rd: rdOf(unwrap(parseRouteDistinguisher(`${settings.routerId}:100`))),
    vni: 100,
    imports: [unwrap(parseImportTarget(`${as}:100`))],
    exports: [target(`${as}:100`)],
    ...(settings.isRouted ? { ipVrf: blue } : {}),
  }),
);

function viewOf(table: MacVrf | IpVrf): Readonly<Record<string, UsedPath>> {
  return Object.fromEntries([...table].map(([key, path]) => [formatTableKey(key), pathView(path)]));
}

function pathView(path: TablePath): UsedPath {
  const { nextHop, source, sequence, sticky, label, l3Label, routerMac } = path;
  return {
    source,
    nextHop: formatIp(nextHop.ip),
    ...(sequence === 0 ? {} : { sequence }),
    ...(sticky ? { sticky } : {}),
    ...(label === undefined ? {} : { label }),
    ...(l3Label === undefined ? {} : { l3Label }),
    ...(routerMac === undefined ? {} : { routerMac: formatMac(routerMac) }),
  };
}

function carryOut(order: TablesOrder): unknown {
  switch (order.do) {
    case 'mac': {
      const { ip, sticky = false } = order;
      const key = {
        type: 'mac',
        mac: unwrap(parseMac(order.mac)),
        ...(ip === undefined ? {} : { ip: unwrap(parseIp(ip)) }),
      } as const;
      return order.is ? red.originate({ ...key, sticky }) : red.withdraw(key);
    }
    case 'imet':
      return red.originate({ type: 'imet' });
    case 'prefix': {
      const prefix = unwrap(parsePrefix(order.prefix));
      const gateway =
        order.gateway === undefined ? {} : { gateway: unwrap(parseIp(order.gateway)) };
      return order.is
        ? blue.originate({ type: 'prefix', prefix, ...gateway })
        : blue.withdraw({ prefix });
    }
    case 'clear':
      return red.clearDuplicate({ mac: unwrap(parseMac(order.mac)) });
    case 'used':
      return { red: viewOf(red), blue: viewOf(blue), reports };
    default:
      return undefined;
  }
}

unwrap(us.start());
for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(carryOut(JSON.parse(line)) ?? null));
}
us.stop();
