/**
 * Who may import whom, in the order of the data. A star in a room stands for one name, and the same star among its
 * imports for the same name; `protocols/**` is every library. What is not in the table may not be.
 */

export interface Room {
  readonly room: string;
  /** Besides itself. `types of X`: nothing of X is left when the types are gone. */
  readonly may: readonly string[];
  /** No clock, no chance, no process, no node: a function of its arguments. */
  readonly pure: boolean;
}

/** What a resource, a condition and a target are, whatever their kind. */
const genericShape = ['resources/resource.ts', 'resources/condition.ts', 'resources/target.ts'];
const typesOfReasons = ['types of resources/resource.ts', 'types of resources/condition.ts'];

const pure = true;
const effects = false;

export const rooms: readonly Room[] = [
  room('base', pure, []),
  room('net', pure, ['base']),

  room('native', effects, ['node:*']),
  room('protocols/*', pure, ['base', 'net']),
  room('protocols/*/io', effects, ['protocols/*', 'native', 'base', 'net', 'node:*']),
  // The map of a library shows both of its halves.
  room('protocols/*/index.ts', pure, ['protocols/*', 'protocols/*/io', 'base', 'net']),

  room('config', pure, ['base', 'net', 'smol-toml']),
  room('inventory', pure, ['base', 'net']),
  // One client of Open_vSwitch for whoever reads and writes it.
  room('ovs', effects, ['protocols/**', 'base', 'net']),
  room('sources', effects, [
    'inventory',
    'ovs',
    'protocols/**',
    'types of config',
    'base',
    'net',
    'node:*',
  ]),

  room('modes', pure, [
    'inventory',
    'fabric/concepts.ts',
    ...typesOfReasons,
    'types of config',
    'base',
    'net',
  ]),
  room('fabric', pure, ['resources', 'types of config', 'base', 'net']),
  room('resources', pure, ['base', 'net', 'types of protocols/**']),
  room('reconcile', pure, [...genericShape, 'base']),
  room('targets', effects, ['resources', 'ovs', 'protocols/**', 'base', 'net', 'node:*']),

  room('store', effects, ['base', 'net', 'node:*']),
  room('api', effects, ['store', 'config', 'base', 'net', 'node:*']),
  room('agent', effects, ['anything but cli', 'node:*', 'prom-client']),
  // The process of `selvedge bgp`: composes sessions and routes.
  room('speaker', effects, [
    'types of api/contract/bgp.ts',
    'types of config',
    'protocols/**',
    'base',
    'net',
    'node:*',
    'prom-client',
  ]),
  room('cli', effects, ['anything', 'node:*', 'commander']),
];

function room(name: string, isPure: boolean, may: readonly string[]): Room {
  return { room: name, may, pure: isPure };
}

/** Files longer than others may be: tables that nobody reads from top to bottom. */
export const longTables: readonly string[] = [];

/** The room of a file: of those it lies in, the innermost. */
export function roomOf(path: string): Room | undefined {
  return rooms
    .filter(({ room: name }) => isIn(path, name))
    .toSorted(byDepth)
    .at(-1);
}

function byDepth(a: Room, b: Room): number {
  return a.room.split('/').length - b.room.split('/').length;
}

function isIn(path: string, name: string): boolean {
  const segments = path.split('/');
  return name.split('/').every((part, index) => part === '*' || part === segments[index]);
}

/** Whether a file may import this; `from` and `of` as in source.ts. */
export function mayImport(
  from: string,
  imported: { readonly of: string; readonly isOurs: boolean; readonly isType: boolean },
): boolean {
  const own = roomOf(from);
  if (own === undefined) return false;
  const { of, isOurs, isType } = imported;
  const star = from.split('/')[1] ?? '';
  if (isOurs && isSameRoom(own, from, of)) return true;
  return own.may.some((entry) => {
    const typesOnly = entry.startsWith('types of ');
    const name = entry.replace('types of ', '');
    if (typesOnly && !isType) return false;
    if (!isOurs) return name === of || (name === 'node:*' && of.startsWith('node:'));
    if (name === 'anything') return true;
    if (name === 'anything but cli') return !isIn(of, 'cli');
    if (name === 'protocols/**') return isIn(of, 'protocols');
    return isIn(of, name.replace('*', star)) && isOpenTo(own, of);
  });
}

function isSameRoom(own: Room, from: string, of: string): boolean {
  const theirs = roomOf(of);
  const sameLibrary = !from.startsWith('protocols/') || from.split('/')[1] === of.split('/')[1];
  return theirs === own && sameLibrary;
}

/** The half of a library that has effects is no part of `protocols/*`, though it lies inside of it. */
function isOpenTo(own: Room, of: string): boolean {
  const theirs = roomOf(of);
  return theirs?.room !== 'protocols/*/io' || own.may.includes('protocols/*/io');
}
