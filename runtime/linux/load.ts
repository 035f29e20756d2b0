/**
 * Brings checked ELF images into memory: the program, and the dynamic linker that it may ask for. Copies segments, gives pages their permissions, and
 * places heap, mmap area and stack.
 */

import { EXEC, type GuestMemory, type Permissions, READ, WRITE } from '../memory.ts'
import { type AddressSpace, LOWEST, PAGE, pageDown, pageUp } from './address-space.ts'
import { ElfError, type ElfImage, type ElfSegment } from './elf.ts'

/** ulimit -s: 8 MiB; less where memory is small. */
const STACK_BYTES = 8 << 20
/** Kept free below the stack, so that running over its end is a fault. */
const GUARD_BYTES = 1 << 20

/** An ELF file with what was read from it. */
export interface Executable {
  readonly bytes: Uint8Array
  readonly image: ElfImage
  /** Guest path, for /proc/self/maps. */
  readonly path: string
}

export interface Loaded {
  /** Added to every address of the program's file. */
  readonly base: number
  /** The program's own entry point (AT_ENTRY). */
  readonly entry: number
  /** Where the first instruction is: the dynamic linker's entry point if there is one. */
  readonly start: number
  /** Added to every address of the dynamic linker (AT_BASE), or 0. */
  readonly linkerBase: number
  /** Where the stack may start, downwards from here. */
  readonly stackTop: number
  readonly stackBytes: number
  /** Address of the program headers, or 0. */
  readonly headers: number
}

/** Throws ElfError when the program does not fit in memory. */
export function loadElf(
  program: Executable,
  linker: Executable | undefined,
  memory: GuestMemory,
  space: AddressSpace,
): Loaded {
  const { image } = program
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
  placeSegments(program, base, memory, space)
  const stack = image.executableStack ? READ | WRITE | EXEC : READ | WRITE
  space.place(stackTop - stackBytes, stackBytes, stack, { name: '[stack]', offset: 0 })
  space.arrange(end, top)
  const linkerBase = linker === undefined ? 0 : placeLinker(linker, memory, space)
  return {
    base,
    entry: base + image.entry,
    start: linker === undefined ? base + image.entry : linkerBase + linker.image.entry,
    linkerBase,
    stackTop,
    stackBytes,
    headers: image.headers.address === undefined ? 0 : base + image.headers.address,
  }
}

/** As high as there is room, or where a linker of fixed address wants to be. Gives its base. */
function placeLinker(linker: Executable, memory: GuestMemory, space: AddressSpace): number {
  const { relocatable, start, end, align } = linker.image
  const base = relocatable ? Math.ceil(space.findRoom(end + align) / align) * align : 0
  if (!relocatable && space.isTaken(start, end - start)) {
    throw new ElfError(`${linker.path} wants to be at 0x${start.toString(16)}, where the program is`)
  }
  placeSegments(linker, base, memory, space)
  return base
}

/** Page by page from below: where two segments share one, it allows what either does. */
function placeSegments(
  { bytes, image, path }: Executable,
  base: number,
  memory: GuestMemory,
  space: AddressSpace,
): void {
  let mapped = 0
  let shared: Permissions = 0
  for (const segment of image.segments) {
    const first = pageDown(base + segment.address)
    const last = pageUp(base + segment.address + segment.memorySize)
    const from = Math.max(first, mapped)
    const permissions = permissionsOf(segment)
    if (first < mapped) memory.protect(first, PAGE, shared | permissions)
    if (from < last) {
      const offset = pageDown(segment.offset) + (from - first)
      space.place(from, last - from, permissions, { name: path, offset })
    }
    memory.write(base + segment.address, bytes.subarray(segment.offset, segment.offset + segment.fileSize))
    shared = memory.permissions(last - PAGE)
    mapped = last
  }
}

/** What may be written may be read: RISC-V has no write-only pages, and Linux gives none. */
function permissionsOf(segment: ElfSegment): Permissions {
  return (segment.read || segment.write ? READ : 0) | (segment.write ? WRITE : 0) | (segment.execute ? EXEC : 0)
}
