/**
 * Files that are mapped to be shared and may be written: what the program changed in memory goes back to the file at msync, munmap and the end. There is
 * nobody else whose changes would have to come the other way. In: the kernel's memory; out: writes to open files.
 */

import type { GuestMemory } from '../memory.ts'
import { PAGE } from './address-space.ts'
import type { OpenFile } from './host.ts'

interface Shared {
  readonly start: number
  /** What memory and file both held when they were last the same. */
  readonly known: Uint8Array
  readonly file: OpenFile
  /** Of `start`, in the file. */
  readonly offset: number
  /** Common to the parts of what was mapped at once: how many there are, and what to do after the last. */
  readonly whole: { parts: number; readonly release: () => void }
}

export class SharedMappings {
  readonly #memory: GuestMemory
  #mappings: readonly Shared[] = []

  constructor(memory: GuestMemory) {
    this.#memory = memory
  }

  /** Memory at `start` holds what the file does. `release` is called when no part of it is mapped any more. */
  add(start: number, length: number, file: OpenFile, offset: number, release: () => void): void {
    this.#mappings = [
      ...this.#mappings,
      { start, known: this.#memory.read(start, length), file, offset, whole: { parts: 1, release } },
    ]
  }

  /** Writes back what changed in a range of pages. Throws LinuxError. */
  write(start: number, end: number): void {
    for (const mapping of this.#mappings) {
      const from = Math.max(start, mapping.start)
      const to = Math.min(end, mapping.start + mapping.known.length)
      if (from < to) this.#writeChanges(mapping, from, to)
    }
  }

  /** As write, and the range is not shared any more: it is about to be unmapped, or something else mapped over it. */
  drop(start: number, end: number): void {
    if (this.#mappings.length === 0) return
    this.write(start, end)
    this.#mappings = this.#mappings.flatMap((mapping) => {
      const last = mapping.start + mapping.known.length
      if (last <= start || mapping.start >= end) return [mapping]
      const part = (from: number, to: number): readonly Shared[] =>
        from < to
          ? [
              {
                ...mapping,
                start: from,
                known: mapping.known.subarray(from - mapping.start, to - mapping.start),
                offset: mapping.offset + from - mapping.start,
              },
            ]
          : []
      const left = [...part(mapping.start, Math.min(start, last)), ...part(Math.max(end, mapping.start), last)]
      mapping.whole.parts += left.length - 1
      if (mapping.whole.parts === 0) mapping.whole.release()
      return left
    })
  }

  dropAll(): void {
    this.drop(0, this.#memory.size)
  }

  /** Page by page: bytes beyond the file's end stay in memory only. */
  #writeChanges({ start, known, file, offset }: Shared, from: number, to: number): void {
    const size = file.stat().size
    for (let at = from; at < to; at += PAGE) {
      const length = Math.min(PAGE, to - at, size - (offset + at - start))
      if (length <= 0) return
      const now = this.#memory.bytes.subarray(at, at + length)
      const before = known.subarray(at - start, at - start + length)
      if (now.every((byte, i) => byte === before[i])) continue
      for (let done = 0; done < length; ) done += file.write(now.subarray(done), offset + at - start + done)
      before.set(now)
    }
  }
}
