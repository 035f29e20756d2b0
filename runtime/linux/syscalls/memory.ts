/** brk, mmap and their kin. */

import { EXEC, type Permissions, READ, WRITE } from '../../memory.ts'
import { LOWEST, PAGE, pageUp } from '../address-space.ts'
import { int, signed, uint, word } from '../arguments.ts'
import { O_ACCMODE, O_RDWR } from '../descriptors.ts'
import { EACCES, EEXIST, EINVAL, ENODEV, ENOMEM, fail } from '../errno.ts'
import type { Handler, Kernel } from '../kernel.ts'
import { forReading } from './input-output.ts'

const PROT_READ = 1
const PROT_WRITE = 2
const PROT_EXEC = 4
const MAP_SHARED = 1
const MAP_PRIVATE = 2
const MAP_TYPE = 15
const MAP_FIXED = 0x10
const MAP_ANONYMOUS = 0x20
const MAP_FIXED_NOREPLACE = 0x100000

/** What may be written may be read. */
function permissions(protection: number): Permissions {
  const read = protection & (PROT_READ | PROT_WRITE) ? READ : 0
  return read | (protection & PROT_WRITE ? WRITE : 0) | (protection & PROT_EXEC ? EXEC : 0)
}

/** The heap's end as it then is; no error number. */
export const brk: Handler = (kernel, [address]) => kernel.space.moveHeapEnd(word(address), READ | WRITE)

export const mmap: Handler = (kernel, [address, length, protection, flags, fd, offset]) =>
  map(kernel, word(address), word(length), uint(protection), uint(flags), int(fd), signed(offset))

/** 32-bit: the offset counts pages. */
export const mmap2: Handler = (kernel, [address, length, protection, flags, fd, offset]) =>
  map(kernel, word(address), word(length), uint(protection), uint(flags), int(fd), uint(offset) * PAGE)

function map(
  kernel: Kernel,
  hint: number,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
): number {
  const { space, memory } = kernel
  const type = flags & MAP_TYPE
  if (length === 0 || offset % PAGE !== 0 || offset < 0 || (type !== MAP_PRIVATE && type !== MAP_SHARED)) fail(EINVAL)
  if (length > space.end) fail(ENOMEM)
  // A file is read once; what is written to it later is not carried over.
  const description = flags & MAP_ANONYMOUS ? undefined : forReading(kernel, fd)
  if (description !== undefined && !description.file.seekable) fail(ENODEV)
  const shared = description !== undefined && type === MAP_SHARED && (description.flags & O_ACCMODE) === O_RDWR
  if (type === MAP_SHARED && protection & PROT_WRITE && description !== undefined && !shared) fail(EACCES)
  const allow = permissions(protection)
  const content = description && { name: description.path, offset }
  let at: number
  if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
    if (hint % PAGE !== 0) fail(EINVAL)
    if (hint < LOWEST) fail(EACCES)
    if (flags & MAP_FIXED_NOREPLACE && space.isTaken(hint, length)) fail(EEXIST)
    kernel.shared.drop(hint, hint + pageUp(length))
    space.place(hint, length, allow, content)
    at = hint
  } else at = space.take(length, allow, hint, content)
  if (description !== undefined) {
    const bytes = memory.guest.writable(at, length)
    let filled = 0
    while (filled < length) {
      const count = description.file.read(bytes.subarray(filled), offset + filled)
      if (count === 0) break
      filled += count
    }
    space.endFile(at + pageUp(filled), pageUp(length) - pageUp(filled))
  }
  if (shared) {
    const held = kernel.descriptors.get(fd)
    kernel.descriptors.hold(held)
    kernel.shared.add(at, pageUp(length), description.file, offset, () => kernel.descriptors.drop(held))
  }
  return at
}

export const munmap: Handler = (kernel, [address, length]) => {
  kernel.shared.drop(word(address), word(address) + pageUp(word(length)))
  kernel.space.release(word(address), word(length))
  return 0
}

export const msync: Handler = (kernel, [address, length]) => {
  if (word(address) % PAGE !== 0) fail(EINVAL)
  kernel.shared.write(word(address), word(address) + pageUp(word(length)))
  return 0
}

export const mprotect: Handler = (kernel, [address, length, protection]) => {
  kernel.space.protect(word(address), pageUp(word(length)), permissions(uint(protection)))
  return 0
}

const MREMAP_MAYMOVE = 1

export const mremap: Handler = (kernel, [address, oldLength, newLength, flags]) => {
  if (uint(flags) & ~MREMAP_MAYMOVE) fail(EINVAL)
  return kernel.space.resize(word(address), word(oldLength), word(newLength), (uint(flags) & MREMAP_MAYMOVE) !== 0)
}

const MADV_DONTNEED = 4

/** Advice may be ignored, but after MADV_DONTNEED an anonymous page must read as zero. */
export const madvise: Handler = (kernel, [address, length, advice]) => {
  if (word(address) % PAGE !== 0) fail(EINVAL)
  if (int(advice) === MADV_DONTNEED) kernel.space.clear(word(address), word(length))
  return 0
}
