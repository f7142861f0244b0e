/**
 * How a program of another Debian release is run where it was extracted: under that root, with a directory of its own
 * mounted in it, in this machine's network or in a namespace. Every step replaces the one before, so the pid of the
 * child is the program's.
 */

export interface Place {
  /** `/`, or the root directory of a release. */
  readonly root: string;
  /** The directory of this run, and where the program finds it. */
  readonly directory: string;
  readonly at: string;
  /** A directory of the root that the program must not see into. */
  readonly hidden?: string;
  /** The network namespace; this machine's when there is none. */
  readonly netns?: string;
}

/** The kernel ends the program when whoever started it is gone, unless the program changes its user. */
const bindAndRun = `root=$1 dir=$2 at=$3 hidden=$4; shift 4
mount --bind "$dir" "$root$at" || exit 1
[ -z "$hidden" ] || mount -t tmpfs tmpfs "$root$hidden" || exit 1
exec setpriv --pdeathsig KILL chroot "$root" "$@"`;

/** The command line that runs `program` there. */
export function argvIn(place: Place, program: string, ...args: readonly string[]): string[] {
  const { root, directory, at, hidden = '', netns } = place;
  // Both give the shell mounts of its own.
  const apart = netns === undefined ? ['unshare', '--mount'] : ['ip', 'netns', 'exec', netns];
  return [...apart, 'sh', '-c', bindAndRun, 'sh', root, directory, at, hidden, program, ...args];
}
