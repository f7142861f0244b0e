/** What makes an object of the kernel ours: a protocol number where it can carry one, an alias on devices. */

/**
 * Of routes, rules, neighbours (all RTPROT_*) and addresses (IFA_PROTO). Free in rtnetlink.h and in the rt_protos of
 * iproute2; OVN has 84, FRR 11 and from 186 on, Open/R 99.
 */
export const ourProtocol = 94;

/** IFLA_IFALIAS of a device that we have made. */
export const madeAlias = 'selvedge';
/** IFLA_IFALIAS of a device that somebody else has made for us: to remove it is only to let go of it. */
export const attachedAlias = 'selvedge: attached';

export function isOurAlias(alias: string | undefined): boolean {
  return alias === madeAlias || alias === attachedAlias;
}
