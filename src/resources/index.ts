/** Every kind of object that Selvedge owns, in one total table. A new kind is a new file and a new row. */

import { type AddressSpec, address } from './address.ts';
import { type FlowSpec, flow } from './flow.ts';
import {
  type FrrBgpSpec,
  type FrrDeviceSpec,
  type FrrGrace,
  type FrrImportSpec,
  type FrrVniSpec,
  type FrrVrfSpec,
  frrKinds,
} from './frr.ts';
import {
  type FrrAdvertisementSpec,
  frrAdvertisement,
  type FrrInterfaceSpec,
  frrInterface,
} from './frr-interface.ts';
import { type FrrSegmentSpec, frrSegment } from './frr-segment.ts';
import { type LinkSpec, link } from './link.ts';
import { type LinkUpSpec, linkUp } from './link-up.ts';
import { type NeighbourSpec, neighbour } from './neighbour.ts';
import { type OvnRowSpec, ovnRow } from './ovn-row.ts';
import { type OvsPortSpec, ovsPort } from './ovs-port.ts';
import { type Key, type Kind, type Reason, type Resource, resource } from './resource.ts';
import { type RouteSpec, route } from './route.ts';
import {
  type LocalRuleSpec,
  localRule,
  type LookupRuleSpec,
  lookupRule,
  type RuleSpec,
  rule,
} from './rule.ts';
import { type SysctlSpec, sysctl } from './sysctl.ts';

export type Spec =
  | LinkSpec
  | LinkUpSpec
  | AddressSpec
  | RouteSpec
  | NeighbourSpec
  | RuleSpec
  | LocalRuleSpec
  | LookupRuleSpec
  | SysctlSpec
  | OvsPortSpec
  | FlowSpec
  | FrrDeviceSpec
  | FrrVrfSpec
  | FrrVniSpec
  | FrrBgpSpec
  | FrrImportSpec
  | FrrSegmentSpec
  | FrrInterfaceSpec
  | FrrAdvertisementSpec
  | OvnRowSpec;

export type Kinds = { readonly [K in Spec['kind']]: Kind<Extract<Spec, { kind: K }>> };

export function makeKinds(grace: FrrGrace): Kinds {
  return {
    link: { ...link, grace: ({ is }) => (is.type === 'vrf' ? grace.removal : 0) },
    'link-up': linkUp,
    address,
    route,
    neighbour,
    rule,
    'local-rule': localRule,
    'lookup-rule': lookupRule,
    sysctl,
    'ovs-port': ovsPort,
    flow,
    'ovn-row': ovnRow,
    ...frrKinds(grace),
    'frr-segment': frrSegment,
    'frr-interface': frrInterface,
    'frr-advertisement': frrAdvertisement,
  };
}

/** The resource of a spec whose kind is only known at run time. */
export function resourceOf(
  kinds: Kinds,
  spec: Spec,
  because: readonly Reason[],
  purpose: readonly Key[] = [],
): Resource {
  // A row of the table fits its own specs; that the two belong together is what the type of the table says.
  return resource(kinds[spec.kind] as Kind<Spec>, spec, because, purpose);
}
