/** What FRR says of a device, as a stanza with which lines of it are ours, and back. Pure. */

import type { IfName } from '../../net/if-name.ts';
import { formatIp, type Ip6, parseIp } from '../../net/ip.ts';
import { formatPrefix, networkOf, parsePrefix } from '../../net/prefix.ts';
import {
  advertisedPrefixSlot,
  advertisingSlot,
  type ConfigNode,
  configFlagSlot,
  dnsServerSlot,
  emptied,
  linesInSlot,
  type OwnedStanza,
  ownedStanza,
  type Slot,
  stanzaBody,
} from '../../protocols/vty/index.ts';
import type {
  AdvertisedPrefix,
  FrrAdvertisementSpec,
  FrrInterfaceSpec,
} from '../../resources/frr-interface.ts';
import type { FrrFacts } from './facts.ts';
import { deviationsFrom, valuesOf } from './read.ts';

function interfaceLine(link: IfName): string {
  return `interface ${link}`;
}

/** `interface X` alone: nothing in it belongs to it, so it goes only when it is empty. */
export function interfaceStanza({ link }: FrrInterfaceSpec): OwnedStanza {
  return ownedStanza(interfaceLine(link), []);
}

/** All prefixes in it are ours, those too that stand there and are not wanted. */
export function advertisementStanza(
  facts: FrrFacts,
  spec: Omit<FrrAdvertisementSpec, 'kind'>,
): OwnedStanza {
  const wanted = new Map(spec.prefixes.map((each) => [formatPrefix(each.prefix), each.autonomous]));
  const surplus = prefixWords(facts, spec.link).flatMap(([text = '']) =>
    wanted.has(text) ? [] : [emptied(advertisedPrefixSlot(text))],
  );
  const prefixes = [...wanted].map(([text, autonomous]) =>
    autonomous ? advertisedPrefixSlot(text) : advertisedPrefixSlot(text, 'no-autoconfig'),
  );
  return ownedStanza(interfaceLine(spec.link), [
    ...new Map(surplus.map((slot) => [slot.words, slot])).values(),
    ...prefixes,
    dnsServerSlot(spec.dnsServers.map(formatIp)),
    flagSlot('managed', spec.managed),
    flagSlot('other', spec.other),
    advertisingSlot(),
  ]);
}

/** The same without any line of ours. */
export function silentStanza(facts: FrrFacts, link: IfName): OwnedStanza {
  const none = { link, prefixes: [], dnsServers: [], managed: false, other: false };
  const { line, slots } = advertisementStanza(facts, none);
  return ownedStanza(line, slots.map(emptied));
}

function flagSlot(which: 'managed' | 'other', isSet: boolean): Slot {
  const slot = configFlagSlot(which);
  return isSet ? slot : emptied(slot);
}

/** Undefined when none of the lines that could be ours is there. */
export function readAdvertisement(facts: FrrFacts, link: IfName): FrrAdvertisementSpec | undefined {
  const body = bodyOf(facts, link);
  if (!silentStanza(facts, link).slots.some((slot) => linesInSlot(body, slot).length > 0)) {
    return undefined;
  }
  const has = (slot: Slot): boolean => linesInSlot(body, slot).length > 0;
  const spec: FrrAdvertisementSpec = {
    kind: 'frr-advertisement',
    link,
    prefixes: prefixWords(facts, link).flatMap(readPrefix),
    dnsServers: valuesOf(body, 'ipv6 nd rdnss').flatMap(readServer),
    managed: has(configFlagSlot('managed')),
    other: has(configFlagSlot('other')),
  };
  const deviations = deviationsFrom(facts, advertisementStanza(facts, spec));
  return deviations.length === 0 ? spec : { ...spec, deviations };
}

function bodyOf(facts: FrrFacts, link: IfName): readonly ConfigNode[] {
  const line = interfaceLine(link);
  return stanzaBody(facts.interfaces.get(link) ?? [], [line]) ?? [];
}

/** What follows `ipv6 nd prefix`, word by word: the prefix first. */
function prefixWords(facts: FrrFacts, link: IfName): readonly (readonly string[])[] {
  return valuesOf(bodyOf(facts, link), 'ipv6 nd prefix').map((text) => text.split(' '));
}

function readPrefix([text = '', ...rest]: readonly string[]): readonly AdvertisedPrefix[] {
  const prefix = parsePrefix(text);
  const autonomous = !rest.includes('no-autoconfig');
  return prefix.ok ? [{ prefix: networkOf(prefix.value), autonomous }] : [];
}

function readServer(text: string): readonly Ip6[] {
  const ip = parseIp(text.split(' ', 1)[0] ?? '');
  return ip.ok && ip.value.family === 6 ? [ip.value] : [];
}
