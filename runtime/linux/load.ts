/**
 * Brings a checked ELF image into memory: copies its segments, gives pages their permissions, and places heap, mmap area and stack.
 */

import { EXEC, type GuestMemory, type Permissions, READ, WRITE } from '../memory.ts'
import { type AddressSpace, LOWEST, PAGE, pageDown, pageUp } from './address-space.ts'
import { ElfError, type ElfImage, type ElfSegment } from './elf.ts'

/** ulimit -s: 8 MiB; less where memory is small. */
const STACK_BYTES = 8 << 20
/** Kept free below the stack, so that running over its end is a fault. */
const GUARD_BYTES = 1 << 20

export interface Loaded {
  /** Added to every address of the file. */
  readonly base: number
  readonly entry: number
  /** Where the stack may start, downwards from here. */
  readonly stackTop: number
  readonly stackBytes: number
  /** Address of the program headers, or 0. */
  readonly headers: number
}

/** Throws ElfError when the program does not fit in memory. */
export function loadElf(bytes: Uint8Array, image: ElfImage, memory: GuestMemory, space: AddressSpace): Loaded {
  const base = image.relocatable ? Math.ceil(LOWEST / image.align) * image.align : 0
  const end = base + image.end
  const stackBytes = Math.min(STACK_BYTES, pageDown(memory.size / 8))
  const stackTop = space.end - PAGE
  const top = stackTop - stackBytes - Math.min(GUARD_BYTES, stackBytes)
  if (end > top) {
    throw new ElfError(
      `the program ends at 0x${end.toString(16)}: no room for a stack in 0x${memory.size.toString(16)} bytes`,
    )
  }
  // Page by page from below: where two segments share one, it allows what either does.
  let mapped = 0
  let shared: Permissions = 0
  for (const segment of image.segments) {
    const first = pageDown(base + segment.address)
    const last = pageUp(base + segment.address + segment.memorySize)
    const from = Math.max(first, mapped)
    const permissions = permissionsOf(segment)
    if (first < mapped) memory.protect(first, PAGE, shared | permissions)
    if (from < last) space.place(from, last - from, permissions)
    memory.write(base + segment.address, bytes.subarray(segment.offset, segment.offset + segment.fileSize))
    shared = memory.permissions(last - PAGE)
    mapped = last
  }
  space.place(stackTop - stackBytes, stackBytes, image.executableStack ? READ | WRITE | EXEC : READ | WRITE)
  space.arrange(end, top)
  return {
    base,
    entry: base + image.entry,
    stackTop,
    stackBytes,
    headers: image.headers.address === undefined ? 0 : base + image.headers.address,
  }
}

/** What may be written may be read: RISC-V has no write-only pages, and Linux gives none. */
function permissionsOf(segment: ElfSegment): Permissions {
  return (segment.read || segment.write ? READ : 0) | (segment.write ? WRITE : 0) | (segment.execute ? EXEC : 0)
}
