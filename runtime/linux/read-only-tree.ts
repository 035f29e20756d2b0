/** The half of a `FileTree` that a tree nobody can change needs not write itself: every change fails with EROFS. */

import { EROFS, fail } from './errno.ts'
import type { FileStat, FileTree } from './host.ts'

const refuse = (): never => fail(EROFS)

export const UNCHANGEABLE = {
  makeDirectory: refuse,
  symlink: refuse,
  link: refuse,
  unlink: refuse,
  removeDirectory: refuse,
  rename: refuse,
  setMode: refuse,
  setOwner: refuse,
  setTimes: refuse,
  truncate: refuse,
} as const satisfies Partial<FileTree>

/** Of a file that no disk holds: size 0, no times, owned by root. */
export function syntheticStat(mode: number, inode: bigint, device: bigint): FileStat {
  return {
    device,
    inode,
    mode,
    links: 1,
    uid: 0,
    gid: 0,
    special: 0n,
    size: 0,
    blockSize: 4096,
    blocks: 0,
    accessed: 0n,
    modified: 0n,
    changed: 0n,
  }
}
