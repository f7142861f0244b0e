/** Six hexadecimal digits that tell texts apart, FNV-1a of 32 bits folded to 24: for names, and not against an adversary. */
export function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const octet of Buffer.from(text)) hash = Math.imul(hash ^ octet, 0x01000193) >>> 0;
  return ((hash >>> 24) ^ (hash & 0xffffff)).toString(16).padStart(6, '0');
}
