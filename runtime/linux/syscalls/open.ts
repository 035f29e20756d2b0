/** Descriptors: open, close, dup, fcntl, pipe, ioctl. */

import { int, uint, word } from '../arguments.ts'
import {
  type Description,
  MAX_DESCRIPTORS,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
} from '../descriptors.ts'
import { EBADF, EEXIST, EINVAL, EISDIR, ELOOP, ENOTDIR, ENOTTY, EOPNOTSUPP, fail } from '../errno.ts'
import { type OpenMode, S_IFLNK, S_IFMT } from '../host.ts'
import type { Handler, Kernel } from '../kernel.ts'
import { isDirectory } from '../namespace.ts'
import { createPipe } from '../pipe.ts'
import { struct } from '../user-memory.ts'

const AT_FDCWD = -100

/** What relative paths count from. */
export function startOf(kernel: Kernel, fd: number, path: string): string {
  if (path.startsWith('/') || fd === AT_FDCWD) return kernel.directory
  const description = kernel.descriptors.get(fd)
  if (description.file !== undefined) fail(ENOTDIR)
  return description.path
}

export const openat: Handler = (kernel, [fd, path, flags, mode]) =>
  open(kernel, int(fd), kernel.memory.path(word(path)), uint(flags), uint(mode))

/** struct open_how: flags, mode, resolve, each 64 bits. */
export const openat2: Handler = (kernel, [fd, path, how, size]) => {
  if (word(size) < 24 || kernel.memory.u64(word(how) + 16) !== 0n) fail(EINVAL)
  const flags = Number(kernel.memory.u64(word(how)))
  return open(kernel, int(fd), kernel.memory.path(word(path)), flags, Number(kernel.memory.u64(word(how) + 8)))
}

function open(kernel: Kernel, fd: number, path: string, flags: number, permissions: number): number {
  const access = flags & O_ACCMODE
  if (access === O_ACCMODE) fail(EINVAL)
  if (flags & O_TMPFILE) fail(EOPNOTSUPP)
  const create = (flags & O_CREAT) !== 0
  const exclusive = create && (flags & O_EXCL) !== 0
  const place = kernel.names.resolve(startOf(kernel, fd, path), path, !exclusive && (flags & O_NOFOLLOW) === 0)
  const kept = flags & (O_ACCMODE | O_APPEND | O_NONBLOCK)
  const closeOnExec = (flags & O_CLOEXEC) !== 0
  const { stat } = place
  if (stat !== undefined) {
    if (exclusive) fail(EEXIST)
    if (isDirectory(stat)) {
      if (access !== O_RDONLY || create) fail(EISDIR)
      return kernel.descriptors.add({ file: undefined, path: place.path, flags: kept, position: 0 }, closeOnExec)
    }
    if (flags & O_DIRECTORY) fail(ENOTDIR)
    if ((stat.mode & S_IFMT) === S_IFLNK) fail(ELOOP)
    if (flags & O_PATH) fail(EOPNOTSUPP)
  } else if (path.endsWith('/')) fail(EISDIR)
  const mode: OpenMode = {
    read: access === O_RDONLY || access === O_RDWR,
    write: access === O_WRONLY || access === O_RDWR,
    append: (flags & O_APPEND) !== 0,
    truncate: (flags & O_TRUNC) !== 0,
    ...(create ? { create: { mode: permissions & 0o7777 & ~kernel.umask, exclusive } } : {}),
  }
  if (place.file !== undefined) {
    return kernel.descriptors.add({ file: place.file, path: place.path, flags: kept, position: 0 }, closeOnExec)
  }
  const changes = mode.write || mode.truncate || (create && stat === undefined)
  const tree = changes ? kernel.names.writable(place) : kernel.names.readable(place)
  const file = tree.open(place.inner, mode)
  return kernel.descriptors.add({ file, path: place.path, flags: kept, position: 0 }, closeOnExec)
}

export const close: Handler = (kernel, [fd]) => {
  kernel.descriptors.close(int(fd))
  return 0
}

export const closeRange: Handler = (kernel, [first, last]) => {
  for (let fd = uint(first); fd <= Math.min(uint(last), MAX_DESCRIPTORS - 1); fd++) {
    if (kernel.descriptors.has(fd)) kernel.descriptors.close(fd)
  }
  return 0
}

export const dup: Handler = (kernel, [fd]) => kernel.descriptors.add(kernel.descriptors.get(int(fd)), false)

export const dup3: Handler = (kernel, [from, to, flags]) => {
  if (int(from) === int(to)) fail(EINVAL)
  kernel.descriptors.set(int(to), kernel.descriptors.get(int(from)), (uint(flags) & O_CLOEXEC) !== 0)
  return int(to)
}

export const pipe2: Handler = (kernel, [fds, flags]) => {
  kernel.memory.checkWritable(word(fds), 8)
  const inode = kernel.nextInode++
  const { reader, writer } = createPipe(inode)
  const path = `pipe:[${inode}]`
  const closeOnExec = (uint(flags) & O_CLOEXEC) !== 0
  const status = uint(flags) & O_NONBLOCK
  const add = (description: Description): number => kernel.descriptors.add(description, closeOnExec)
  kernel.memory.setU32(word(fds), add({ file: reader, path, flags: O_RDONLY | status, position: 0 }))
  kernel.memory.setU32(word(fds) + 4, add({ file: writer, path, flags: O_WRONLY | status, position: 0 }))
  return 0
}

const F_DUPFD = 0
const F_GETFD = 1
const F_SETFD = 2
const F_GETFL = 3
const F_SETFL = 4
const F_GETLK = 5
const F_SETLK = 6
const F_SETLKW = 7
const F_DUPFD_CLOEXEC = 1030
const FD_CLOEXEC = 1
const F_UNLCK = 2

export const fcntl: Handler = (kernel, [fd, command, argument]) => {
  const { descriptors, memory } = kernel
  const description = descriptors.get(int(fd))
  switch (int(command)) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      if (int(argument) < 0 || int(argument) >= MAX_DESCRIPTORS) fail(EINVAL)
      return descriptors.add(description, int(command) === F_DUPFD_CLOEXEC, int(argument))
    case F_GETFD:
      return descriptors.closeOnExec(int(fd)) ? FD_CLOEXEC : 0
    case F_SETFD:
      descriptors.setCloseOnExec(int(fd), (uint(argument) & FD_CLOEXEC) !== 0)
      return 0
    case F_GETFL:
      return description.flags
    case F_SETFL: {
      const changeable = O_APPEND | O_NONBLOCK
      description.flags = (description.flags & ~changeable) | (uint(argument) & changeable)
      return 0
    }
    case F_GETLK:
      // Nobody else holds a lock. struct flock starts with a short l_type.
      memory.write(word(argument), Uint8Array.of(F_UNLCK, 0))
      return 0
    case F_SETLK:
    case F_SETLKW:
      return 0
    default:
      return fail(EINVAL)
  }
}

const TCGETS = 0x5401
const TCSETS = 0x5402
const TCSETSW = 0x5403
const TCSETSF = 0x5404
const TIOCGPGRP = 0x540f
const TIOCSPGRP = 0x5410
const TIOCGWINSZ = 0x5413
const FIONREAD = 0x541b

export const ioctl: Handler = (kernel, [fd, request, argument]) => {
  const { file } = kernel.descriptors.get(int(fd))
  if (uint(request) === FIONREAD && file?.seekable) {
    kernel.memory.setU32(word(argument), file.stat().size - kernel.descriptors.get(int(fd)).position)
    return 0
  }
  const size = file?.terminal?.() ?? fail(ENOTTY)
  switch (uint(request)) {
    case TCGETS:
      kernel.memory.write(word(argument), TERMIOS)
      return 0
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case TIOCSPGRP:
      return 0
    case TIOCGPGRP:
      kernel.memory.setU32(word(argument), kernel.pid)
      return 0
    case TIOCGWINSZ:
      kernel.memory.write(
        word(argument),
        struct(8, (s) => {
          s.setUint16(0, size.rows, true)
          s.setUint16(2, size.columns, true)
        }),
      )
      return 0
    default:
      return fail(EINVAL)
  }
}

/** struct termios of a terminal as it is after login: cooked, echoing, 38400 baud, 8 bits. */
const TERMIOS = struct(36, (s) => {
  s.setUint32(0, 0o2400, true) // c_iflag: ICRNL | IXON
  s.setUint32(4, 0o5, true) // c_oflag: OPOST | ONLCR
  s.setUint32(8, 0o277, true) // c_cflag: B38400 | CS8 | CREAD
  s.setUint32(12, 0o105073, true) // c_lflag: ISIG | ICANON | ECHO… | IEXTEN
  const characters = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22]
  characters.forEach((value, i) => {
    s.setUint8(17 + i, value)
  })
})

/** The descriptor must be open; nothing is done. For flock, fadvise64 and the like. */
export const checkDescriptor: Handler = (kernel, [fd]) => (kernel.descriptors.has(int(fd)) ? 0 : fail(EBADF))
