/** Folders and names: listing, making, removing, renaming, links, the current directory. */

import { int, uint, word } from '../arguments.ts'
import { EBUSY, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ERANGE, EXDEV, fail } from '../errno.ts'
import { S_IFMT } from '../host.ts'
import type { Handler, Kernel } from '../kernel.ts'
import { isDirectory, type Place, parent } from '../namespace.ts'
import { struct, text } from '../user-memory.ts'
import { fileAt } from './metadata.ts'
import { startOf } from './open.ts'

/** struct linux_dirent64: inode (8), offset of the next (8), length (2), type (1), name. Records are multiples of 8. */
export const getdents64: Handler = (kernel, [fd, buffer, size]) => {
  const description = kernel.descriptors.get(int(fd))
  if (description.file !== undefined) fail(ENOTDIR)
  if (description.entries === undefined) {
    const place = kernel.names.existing('/', description.path, true)
    const above = kernel.names.existing('/', parent(description.path), true)
    description.entries = [
      { name: '.', inode: place.stat.inode, type: place.stat.mode & S_IFMT },
      { name: '..', inode: above.stat.inode, type: above.stat.mode & S_IFMT },
      ...kernel.names.list(place),
    ]
  }
  let filled = 0
  for (const { name, inode, type } of description.entries.slice(description.position)) {
    const bytes = text(name)
    const length = Math.ceil((19 + bytes.length + 1) / 8) * 8
    if (filled + length > word(size)) {
      if (filled === 0) fail(EINVAL)
      break
    }
    const next = description.position + 1
    const record = struct(length, (s) => {
      s.setBigUint64(0, inode, true)
      s.setBigInt64(8, BigInt(next), true)
      s.setUint16(16, length, true)
      // DT_* are the type bits of a mode.
      s.setUint8(18, type >> 12)
    })
    record.set(bytes, 19)
    kernel.memory.write(word(buffer) + filled, record)
    description.position = next
    filled += length
  }
  return filled
}

export const getcwd: Handler = (kernel, [buffer, size]) => {
  const bytes = text(`${kernel.directory}\0`)
  if (bytes.length > word(size)) fail(ERANGE)
  kernel.memory.write(word(buffer), bytes)
  return bytes.length
}

export const chdir: Handler = (kernel, [path]) => {
  const place = kernel.names.existing(kernel.directory, kernel.memory.path(word(path)), true)
  if (!isDirectory(place.stat)) fail(ENOTDIR)
  kernel.directory = place.path
  return 0
}

export const fchdir: Handler = (kernel, [fd]) => {
  const { file, path } = kernel.descriptors.get(int(fd))
  if (file !== undefined) fail(ENOTDIR)
  kernel.directory = path
  return 0
}

/** A name that must not exist yet. A folder's may end in a slash. */
function newName(kernel: Kernel, fd: bigint, path: bigint, folder: boolean): Place {
  const name = kernel.memory.path(word(path))
  const trimmed = folder ? name.replace(/(?<=.)\/+$/, '') : name
  const place = kernel.names.resolve(startOf(kernel, int(fd), name), trimmed, false)
  if (place.stat !== undefined) fail(EEXIST)
  if (trimmed.endsWith('/')) fail(ENOENT)
  return place
}

/** A name that exists, itself: a link is not followed. */
function oldName(kernel: Kernel, fd: bigint, path: bigint): Place & { readonly stat: NonNullable<Place['stat']> } {
  const name = kernel.memory.path(word(path))
  return kernel.names.existing(startOf(kernel, int(fd), name), name, false)
}

export const mkdirat: Handler = (kernel, [fd, path, mode]) => {
  const place = newName(kernel, fd, path, true)
  kernel.names.writable(place).makeDirectory(place.inner, uint(mode) & 0o7777 & ~kernel.umask)
  return 0
}

export const symlinkat: Handler = (kernel, [target, fd, path]) => {
  const place = newName(kernel, fd, path, false)
  kernel.names.writable(place).symlink(kernel.memory.path(word(target)), place.inner)
  return 0
}

const AT_SYMLINK_FOLLOW = 0x400
const AT_SYMLINK_NOFOLLOW = 0x100

export const linkat: Handler = (kernel, [fromFd, from, toFd, to, flags]) => {
  const old = fileAt(kernel, fromFd, from, uint(flags) & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW)
  const place = newName(kernel, toFd, to, false)
  if (old.mount !== place.mount) fail(EXDEV)
  kernel.names.writable(place).link(old.inner, place.inner)
  return 0
}

const AT_REMOVEDIR = 0x200

export const unlinkat: Handler = (kernel, [fd, path, flags]) => {
  const place = oldName(kernel, fd, path)
  const tree = kernel.names.writable(place)
  if (place.inner === '/') fail(EBUSY)
  const folder = isDirectory(place.stat)
  if (uint(flags) & AT_REMOVEDIR) {
    if (!folder) fail(ENOTDIR)
    tree.removeDirectory(place.inner)
  } else {
    if (folder) fail(EISDIR)
    tree.unlink(place.inner)
  }
  return 0
}

const RENAME_NOREPLACE = 1

export const renameat2: Handler = (kernel, [fromFd, from, toFd, to, flags]) => {
  if (uint(flags) & ~RENAME_NOREPLACE) fail(EINVAL)
  const old = oldName(kernel, fromFd, from)
  const name = kernel.memory.path(word(to))
  const trimmed = isDirectory(old.stat) ? name.replace(/(?<=.)\/+$/, '') : name
  const place = kernel.names.resolve(startOf(kernel, int(toFd), name), trimmed, false)
  if (place.stat !== undefined && uint(flags) & RENAME_NOREPLACE) fail(EEXIST)
  if (old.mount !== place.mount) fail(EXDEV)
  if (old.inner === '/' || place.inner === '/') fail(EBUSY)
  kernel.names.writable(old).rename(old.inner, place.inner)
  return 0
}

/** As renameat2 without flags; the fifth register may hold anything. */
export const renameat: Handler = (kernel, [fromFd, from, toFd, to]) =>
  renameat2(kernel, [fromFd, from, toFd, to, 0n, 0n])
