/**
 * Where a port is, by whatever a database says of it: one function, for both databases of OVN. What it is to be there
 * is for the modes to say.
 */

/** Of OVN_Southbound: ovn-controller has claimed the port, or nobody has. */
interface Bound {
  readonly by: 'binding';
  /** Port_Binding.chassis. */
  readonly chassis: string | undefined;
  /** The one in `additional_chassis`: where the port will be, while a virtual machine migrates. */
  readonly next?: string | undefined;
  /** Whether the machine has been heard there: `options:additional-chassis-activated`. */
  readonly isHeardThere?: boolean;
}

/** Of OVN_Northbound: where the port is meant to be, and whether it is anywhere. */
interface Requested {
  readonly by: 'request';
  readonly type: string;
  /** `options:requested-chassis`. */
  readonly requestedChassis: string | undefined;
  /** `external_ids:neutron:host_id`. */
  readonly hostId: string | undefined;
  readonly isUp: boolean;
}

/** Of OVN_Northbound since 23.09: `Logical_Router_Port.status:hosting-chassis`. */
interface Hosted {
  readonly by: 'status';
  readonly hostingChassis: string | undefined;
}

export type PlacementFacts = Bound | Requested | Hosted;

/** The chassis or host that a port is at, by the name that the facts have for it; `undefined` where it is at none. */
export function placementOf(facts: PlacementFacts): string | undefined {
  if (facts.by === 'binding') {
    const { chassis, next, isHeardThere = false } = facts;
    // The old node lets go of the port, or has only the memory of it left, well before Neutron says where it belongs.
    return next !== undefined && (chassis === undefined || isHeardThere) ? next : chassis;
  }
  if (facts.by === 'status') return facts.hostingChassis;
  if (!facts.isUp) return undefined;
  // ovn-controller claims a virtual port where one of its parents is, whatever is requested; Neutron notes where.
  if (facts.type === 'virtual') return facts.hostId;
  // ovn-nb(5), requested-chassis: the first is where the port is; while it migrates others follow, and get ready.
  const [first = ''] = (facts.requestedChassis ?? '').split(',');
  return first.trim() === '' ? facts.hostId : first.trim();
}
