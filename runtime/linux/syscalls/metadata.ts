/** What is known about files: stat and its kin, access, times, modes, space. */

import { int, uint, word } from '../arguments.ts'
import { EACCES, EINVAL, fail } from '../errno.ts'
import { type FileStat, S_IFREG } from '../host.ts'
import type { Handler, Kernel } from '../kernel.ts'
import { isDirectory, type Place } from '../namespace.ts'
import { struct } from '../user-memory.ts'
import { startOf } from './open.ts'

const AT_SYMLINK_NOFOLLOW = 0x100
const AT_EACCESS = 0x200
const AT_EMPTY_PATH = 0x1000
const SECOND = 1_000_000_000n

type Existing = Place & { readonly stat: FileStat }

/** The file that a (descriptor, path, flags) triple of an …at call names. With AT_EMPTY_PATH or a null path the descriptor itself. */
export function fileAt(kernel: Kernel, fd: bigint, path: bigint, flags: number): Existing {
  const name = path === 0n ? '' : kernel.memory.path(word(path))
  if (name === '' && (flags & AT_EMPTY_PATH || path === 0n)) return fileOf(kernel, int(fd))
  return kernel.names.existing(startOf(kernel, int(fd), name), name, (flags & AT_SYMLINK_NOFOLLOW) === 0)
}

function fileOf(kernel: Kernel, fd: number): Existing {
  if (fd === -100) return kernel.names.existing(kernel.directory, '.', true)
  const { path, file } = kernel.descriptors.get(fd)
  if (file === undefined) return kernel.names.existing('/', path, true)
  return { path, mount: undefined, inner: path, stat: file.stat() }
}

export const newfstatat: Handler = (kernel, [fd, path, buffer, flags]) => {
  kernel.memory.write(word(buffer), statStruct(fileAt(kernel, fd, path, uint(flags)).stat))
  return 0
}

export const fstat: Handler = (kernel, [fd, buffer]) => {
  kernel.memory.write(word(buffer), statStruct(fileOf(kernel, int(fd)).stat))
  return 0
}

/** struct stat of asm-generic/stat.h, 64-bit. */
function statStruct(stat: FileStat): Uint8Array {
  return struct(128, (s) => {
    s.setBigUint64(0, stat.device, true)
    s.setBigUint64(8, stat.inode, true)
    s.setUint32(16, stat.mode, true)
    s.setUint32(20, stat.links, true)
    s.setUint32(24, stat.uid, true)
    s.setUint32(28, stat.gid, true)
    s.setBigUint64(32, stat.special, true)
    s.setBigInt64(48, BigInt(stat.size), true)
    s.setInt32(56, stat.blockSize, true)
    s.setBigInt64(64, BigInt(stat.blocks), true)
    const times = [stat.accessed, stat.modified, stat.changed]
    times.forEach((time, i) => {
      s.setBigInt64(72 + 16 * i, time / SECOND, true)
      s.setBigInt64(80 + 16 * i, time % SECOND, true)
    })
  })
}

const STATX_BASIC_STATS = 0x7ff

/** struct statx, the same for every architecture. */
export const statx: Handler = (kernel, [fd, path, flags, _mask, buffer]) => {
  const { stat } = fileAt(kernel, fd, path, uint(flags))
  const bytes = struct(256, (s) => {
    s.setUint32(0, STATX_BASIC_STATS, true)
    s.setUint32(4, stat.blockSize, true)
    s.setUint32(16, stat.links, true)
    s.setUint32(20, stat.uid, true)
    s.setUint32(24, stat.gid, true)
    s.setUint16(28, stat.mode, true)
    s.setBigUint64(32, stat.inode, true)
    s.setBigUint64(40, BigInt(stat.size), true)
    s.setBigUint64(48, BigInt(stat.blocks), true)
    const times: readonly [number, bigint][] = [
      [64, stat.accessed],
      [96, stat.changed],
      [112, stat.modified],
    ]
    for (const [at, time] of times) {
      s.setBigInt64(at, time / SECOND, true)
      s.setUint32(at + 8, Number(time % SECOND), true)
    }
    s.setUint32(128, major(stat.special), true)
    s.setUint32(132, minor(stat.special), true)
    s.setUint32(136, major(stat.device), true)
    s.setUint32(140, minor(stat.device), true)
  })
  kernel.memory.write(word(buffer), bytes)
  return 0
}

/** glibc's makedev: the major number in bits 8…19 and 44…63, the minor one in the rest. */
const major = (device: bigint): number => Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n))
const minor = (device: bigint): number => Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n))

const W_OK = 2
const R_OK = 4

export const faccessat: Handler = (kernel, [fd, path, mode]) => access(kernel, fd, path, int(mode), 0)

export const faccessat2: Handler = (kernel, [fd, path, mode, flags]) => {
  if (uint(flags) & ~(AT_SYMLINK_NOFOLLOW | AT_EACCESS | AT_EMPTY_PATH)) fail(EINVAL)
  return access(kernel, fd, path, int(mode), uint(flags))
}

function access(kernel: Kernel, fd: bigint, path: bigint, mode: number, flags: number): number {
  if (mode & ~7) fail(EINVAL)
  const place = fileAt(kernel, fd, path, flags)
  if (mode & W_OK) kernel.names.writable(place)
  return mode & ~allowed(kernel, place.stat) ? fail(EACCES) : 0
}

/** R_OK | W_OK | X_OK bits, as inode permissions give them to the process's user. */
function allowed(kernel: Kernel, { mode, uid, gid }: FileStat): number {
  const { user } = kernel
  if (user.uid === 0) return R_OK | W_OK | ((mode & 0o111) !== 0 ? 1 : 0)
  return (mode >> (uid === user.uid ? 6 : gid === user.gid ? 3 : 0)) & 7
}

export const readlinkat: Handler = (kernel, [fd, path, buffer, size]) => {
  if (int(size) <= 0) fail(EINVAL)
  const place = fileAt(kernel, fd, path, AT_SYMLINK_NOFOLLOW)
  const target = new TextEncoder().encode((place.mount ?? fail(EINVAL)).files.readLink(place.inner))
  const bytes = target.subarray(0, int(size))
  kernel.memory.write(word(buffer), bytes)
  return bytes.length
}

export const fchmodat: Handler = (kernel, [fd, path, mode]) => chmod(kernel, fileAt(kernel, fd, path, 0), uint(mode))
export const fchmodat2: Handler = (kernel, [fd, path, mode, flags]) =>
  chmod(kernel, fileAt(kernel, fd, path, uint(flags)), uint(mode))
export const fchmod: Handler = (kernel, [fd, mode]) => chmod(kernel, named(kernel, int(fd)), uint(mode))

function chmod(kernel: Kernel, place: Place, mode: number): number {
  kernel.names.writable(place).setMode(place.inner, mode & 0o7777)
  return 0
}

/** −1 leaves an owner or a group as it is. */
export const fchownat: Handler = (kernel, [fd, path, uid, gid, flags]) => {
  const place = fileAt(kernel, fd, path, uint(flags))
  kernel.names.writable(place).setOwner(place.inner, int(uid), int(gid))
  return 0
}
export const fchown: Handler = (kernel, [fd, uid, gid]) => {
  const place = named(kernel, int(fd))
  kernel.names.writable(place).setOwner(place.inner, int(uid), int(gid))
  return 0
}

/** The open file, by the name it was opened with. */
function named(kernel: Kernel, fd: number): Place {
  const { path } = kernel.descriptors.get(fd)
  return path.startsWith('/') ? kernel.names.existing('/', path, true) : fail(EINVAL)
}

const UTIME_NOW = 0x3fffffffn
const UTIME_OMIT = 0x3ffffffen

/** Two struct timespec of 16 bytes; null is now, twice. A null path is the descriptor. */
export const utimensat: Handler = (kernel, [fd, path, times, flags]) => {
  const place = path === 0n ? named(kernel, int(fd)) : fileAt(kernel, fd, path, uint(flags))
  const now = kernel.host.realtime()
  const time = (at: number): bigint | undefined => {
    const nanoseconds = kernel.memory.i64(at + 8)
    if (nanoseconds === UTIME_NOW) return now
    if (nanoseconds === UTIME_OMIT) return undefined
    if (nanoseconds < 0n || nanoseconds >= SECOND) fail(EINVAL)
    return kernel.memory.i64(at) * SECOND + nanoseconds
  }
  const [accessed, modified] = times === 0n ? [now, now] : [time(word(times)), time(word(times) + 16)]
  kernel.names.writable(place).setTimes(place.inner, accessed, modified)
  return 0
}

export const statfs: Handler = (kernel, [path, buffer]) => {
  const place = kernel.names.existing(kernel.directory, kernel.memory.path(word(path)), true)
  return writeStatfs(kernel, place, word(buffer))
}
export const fstatfs: Handler = (kernel, [fd, buffer]) => {
  const { path } = kernel.descriptors.get(int(fd))
  return writeStatfs(kernel, kernel.names.resolve('/', path.startsWith('/') ? path : '/', true), word(buffer))
}

/** TMPFS_MAGIC. */
const FILE_SYSTEM_TYPE = 0x01021994

/** struct statfs of 64-bit asm-generic/statfs.h. */
function writeStatfs(kernel: Kernel, place: Place, buffer: number): number {
  const usage = place.mount?.files.usage?.()
  const words = [
    FILE_SYSTEM_TYPE,
    usage?.blockSize ?? 4096,
    usage?.blocks ?? 0,
    usage?.free ?? 0,
    usage?.available ?? 0,
    usage?.files ?? 0,
    usage?.freeFiles ?? 0,
    0, // f_fsid
    255, // f_namelen
    usage?.blockSize ?? 4096,
  ]
  kernel.memory.write(
    buffer,
    struct(120, (s) => {
      words.forEach((value, i) => {
        s.setBigUint64(8 * i, BigInt(value), true)
      })
    }),
  )
  return 0
}

/** The size of a regular file, by path. Lengths come as loff_t. */
export function truncatePath(kernel: Kernel, path: bigint, size: number): number {
  if (size < 0) fail(EINVAL)
  const place = kernel.names.existing(kernel.directory, kernel.memory.path(word(path)), true)
  if (isDirectory(place.stat)) fail(EINVAL)
  kernel.names.writable(place).truncate(place.inner, size)
  return 0
}

export function truncateDescriptor(kernel: Kernel, fd: number, size: number): number {
  const { file, flags } = kernel.descriptors.get(fd)
  if (size < 0 || (flags & 3) === 0 || file === undefined) fail(EINVAL)
  if ((file.stat().mode & S_IFREG) !== S_IFREG) fail(EINVAL)
  ;(file.truncate ?? (() => fail(EINVAL)))(size)
  return 0
}
