/** The address families, in the words of IANA's registries with a hyphen. */

export const familyWords = [
  'ipv4-unicast',
  'ipv6-unicast',
  'ipv4-vpn',
  'ipv6-vpn',
  'l2vpn-evpn',
  'route-target',
] as const;

export type FamilyWord = (typeof familyWords)[number];
