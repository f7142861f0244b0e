/** The attributes that are one number, one address, or nothing: NEXT_HOP, MED, LOCAL_PREF, ATOMIC_AGGREGATE, ORIGINATOR_ID, OTC. */

import { formatIp, type Ip4 } from '../../../../net/ip.ts';
import { ATTRIBUTE, UPDATE_ERROR } from '../numbers.ts';
import { ip4, u32 } from '../octets.ts';
import {
  type AttributeCodec,
  optionalNonTransitive,
  optionalTransitive,
  wellKnown,
  wrongLength,
} from './codec.ts';

type Named = Pick<
  AttributeCodec<unknown>,
  'code' | 'name' | 'flags' | 'whenMalformed' | 'rfc' | 'subcode' | 'from'
>;

function number(row: Named): AttributeCodec<number> {
  return {
    ...row,
    check: (_octets, start, end) => (end - start === 4 ? undefined : wrongLength),
    decode: u32,
    encode: (writer, value) => writer.u32(value),
    format: String,
    toJson: (value) => value,
  };
}

function address(row: Named): AttributeCodec<Ip4> {
  return {
    ...row,
    check: (_octets, start, end) => (end - start === 4 ? undefined : wrongLength),
    decode: (octets, start) => Object.freeze(ip4(octets, start)),
    encode: (writer, { value }) => writer.u32(value),
    format: formatIp,
  };
}

/** RFC 4271 §5.1.3. Whether it is an address that a route may have is for whoever uses it. */
export const nextHop = address({
  code: ATTRIBUTE.nextHop,
  name: 'NEXT_HOP',
  flags: wellKnown,
  whenMalformed: 'withdraw',
  rfc: 'RFC 7606 §7.3',
  subcode: UPDATE_ERROR.invalidNextHop,
});

/** RFC 4271 §5.1.4. */
export const med = number({
  code: ATTRIBUTE.med,
  name: 'MULTI_EXIT_DISC',
  flags: optionalNonTransitive,
  whenMalformed: 'withdraw',
  rfc: 'RFC 7606 §7.4',
  subcode: UPDATE_ERROR.optionalAttribute,
});

/** RFC 4271 §5.1.5; within a confederation it travels between its members too, RFC 5065 §5.2. */
export const localPref = number({
  code: ATTRIBUTE.localPref,
  name: 'LOCAL_PREF',
  flags: wellKnown,
  whenMalformed: 'withdraw',
  rfc: 'RFC 7606 §7.5',
  subcode: UPDATE_ERROR.attributeLength,
  from: 'internal-or-confederation',
});

/** RFC 4271 §5.1.6: it says something by being there. */
export const atomicAggregate: AttributeCodec<true> = {
  code: ATTRIBUTE.atomicAggregate,
  name: 'ATOMIC_AGGREGATE',
  flags: wellKnown,
  whenMalformed: 'discard',
  rfc: 'RFC 7606 §7.6',
  subcode: UPDATE_ERROR.attributeLength,
  check: (_octets, start, end) => (start === end ? undefined : wrongLength),
  decode: () => true,
  encode: () => {},
  format: () => 'atomic-aggregate',
  toJson: () => true,
};

/** RFC 4456 §8. */
export const originatorId = address({
  code: ATTRIBUTE.originatorId,
  name: 'ORIGINATOR_ID',
  flags: optionalNonTransitive,
  whenMalformed: 'withdraw',
  rfc: 'RFC 7606 §7.9',
  subcode: UPDATE_ERROR.optionalAttribute,
  from: 'internal',
});

/** The AS that first sent the route down to customers or across to peers, RFC 9234 §5. */
export const onlyToCustomer = number({
  code: ATTRIBUTE.onlyToCustomer,
  name: 'ONLY_TO_CUSTOMER',
  flags: optionalTransitive,
  whenMalformed: 'withdraw',
  rfc: 'RFC 9234 §5',
  subcode: UPDATE_ERROR.optionalAttribute,
});
