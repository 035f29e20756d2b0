/**
 * The character devices that programs take for granted: /dev/null, zero, full, random, urandom. Numbers as in Documentation/admin-guide/devices.txt.
 */

import { EACCES, ENOENT, ENOSPC, ENOTDIR, EROFS, fail } from './errno.ts'
import { type DirectoryEntry, type FileStat, type FileTree, type OpenFile, S_IFCHR, S_IFDIR } from './host.ts'

interface Device {
  readonly minor: number
  /** Gives how many bytes it filled. */
  readonly read: (buffer: Uint8Array, random: (bytes: Uint8Array) => void) => number
  readonly write: (bytes: Uint8Array) => number
}

const zero = (buffer: Uint8Array): number => buffer.fill(0).length
const swallow = (bytes: Uint8Array): number => bytes.length
const noise: Device['read'] = (buffer, random) => {
  random(buffer)
  return buffer.length
}

const DEVICES: ReadonlyMap<string, Device> = new Map<string, Device>([
  ['null', { minor: 3, read: () => 0, write: swallow }],
  ['zero', { minor: 5, read: zero, write: swallow }],
  ['full', { minor: 7, read: zero, write: () => fail(ENOSPC) }],
  ['random', { minor: 8, read: noise, write: swallow }],
  ['urandom', { minor: 9, read: noise, write: swallow }],
])
/** Major number of memory devices. */
const MAJOR = 1

/** A tree to mount at /dev. */
export function deviceFiles(random: (bytes: Uint8Array) => void): FileTree {
  const refuse = (): never => fail(EROFS)
  return {
    stat: (path) => (path === '/' ? stat(S_IFDIR | 0o755, 1n, 0) : deviceStat(find(path))),
    readLink: () => fail(EACCES),
    list: (path): readonly DirectoryEntry[] => {
      if (path !== '/') fail(ENOTDIR)
      return [...DEVICES].map(([name, { minor }]) => ({ name, inode: BigInt(minor + 1), type: S_IFCHR }))
    },
    open(path): OpenFile {
      const device = find(path)
      return {
        seekable: false,
        stat: () => deviceStat(device),
        read: (buffer) => device.read(buffer, random),
        write: device.write,
        close: () => {},
      }
    },
    makeDirectory: refuse,
    symlink: refuse,
    link: refuse,
    unlink: refuse,
    removeDirectory: refuse,
    rename: refuse,
    setMode: refuse,
    setOwner: refuse,
    setTimes: refuse,
    truncate: () => {},
  }
}

function find(path: string): Device {
  return DEVICES.get(path.slice(1)) ?? fail(ENOENT)
}

function deviceStat({ minor }: Device): FileStat {
  return stat(S_IFCHR | 0o666, BigInt(minor + 1), minor)
}

function stat(mode: number, inode: bigint, minor: number): FileStat {
  return {
    device: 5n,
    inode,
    mode,
    links: 1,
    uid: 0,
    gid: 0,
    special: minor === 0 ? 0n : BigInt((MAJOR << 8) | minor),
    size: 0,
    blockSize: 4096,
    blocks: 0,
    accessed: 0n,
    modified: 0n,
    changed: 0n,
  }
}
