/**
 * What programs take for granted in /dev: null, zero, full, random, urandom, and links to the standard streams. Numbers as in Documentation/admin-guide/devices.txt.
 */

import { EINVAL, ENOENT, ENOSPC, ENOTDIR, fail } from './errno.ts'
import { type DirectoryEntry, type FileStat, type FileTree, type OpenFile, S_IFCHR, S_IFDIR, S_IFLNK } from './host.ts'
import { syntheticStat, UNCHANGEABLE } from './read-only-tree.ts'

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

/** What /dev has besides: links to the process's own descriptors. */
const LINKS: ReadonlyMap<string, string> = new Map([
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
])

/** A tree to mount at /dev. */
export function deviceFiles(random: (bytes: Uint8Array) => void): FileTree {
  return {
    ...UNCHANGEABLE,
    stat(path) {
      if (path === '/') return stat(S_IFDIR | 0o755, 1n, 0)
      return LINKS.has(path.slice(1)) ? stat(S_IFLNK | 0o777, linkInode(path.slice(1)), 0) : deviceStat(find(path))
    },
    readLink: (path) => LINKS.get(path.slice(1)) ?? fail(EINVAL),
    list: (path): readonly DirectoryEntry[] => {
      if (path !== '/') fail(ENOTDIR)
      return [
        ...[...DEVICES].map(([name, { minor }]) => ({ name, inode: BigInt(minor + 1), type: S_IFCHR })),
        ...[...LINKS.keys()].map((name) => ({ name, inode: linkInode(name), type: S_IFLNK })),
      ]
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
    truncate: () => {},
  }
}

function find(path: string): Device {
  return DEVICES.get(path.slice(1)) ?? fail(ENOENT)
}

function linkInode(name: string): bigint {
  return BigInt(20 + [...LINKS.keys()].indexOf(name))
}

function deviceStat({ minor }: Device): FileStat {
  return stat(S_IFCHR | 0o666, BigInt(minor + 1), minor)
}

function stat(mode: number, inode: bigint, minor: number): FileStat {
  return { ...syntheticStat(mode, inode, 5n), special: minor === 0 ? 0n : BigInt((MAJOR << 8) | minor) }
}
