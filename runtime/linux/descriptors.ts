/**
 * File descriptors: small numbers that stand for *open file descriptions* (POSIX's word), which hold the position and the status flags and may be
 * shared by several descriptors after dup.
 */

import { EBADF, EMFILE, fail } from './errno.ts'
import type { DirectoryEntry, OpenFile } from './host.ts'

/** RLIMIT_NOFILE. */
export const MAX_DESCRIPTORS = 1024

/** Flags of open(2), asm-generic/fcntl.h. */
export const O_ACCMODE = 3
export const O_RDONLY = 0
export const O_WRONLY = 1
export const O_RDWR = 2
export const O_CREAT = 0o100
export const O_EXCL = 0o200
export const O_TRUNC = 0o1000
export const O_APPEND = 0o2000
export const O_NONBLOCK = 0o4000
export const O_DIRECTORY = 0o200000
export const O_NOFOLLOW = 0o400000
export const O_CLOEXEC = 0o2000000
export const O_PATH = 0o10000000
export const O_TMPFILE = 0o20000000

export interface Description {
  /** A folder has none. */
  readonly file: OpenFile | undefined
  /** Absolute guest path; of a stream or a pipe, a name in the style of /proc/self/fd. */
  readonly path: string
  /** O_ACCMODE and status flags. */
  flags: number
  position: number
  /** Of a folder that is being listed: its entries as they were at the first read. */
  entries?: readonly DirectoryEntry[]
}

interface Slot {
  readonly description: Description
  closeOnExec: boolean
}

export class Descriptors {
  readonly #slots: (Slot | undefined)[] = []
  /** Descriptions that something other than a descriptor needs: how often. */
  readonly #held = new Map<Description, number>()

  /** The lowest free number from `lowest` on; EMFILE when there is none. */
  add(description: Description, closeOnExec: boolean, lowest = 0): number {
    for (let fd = lowest; fd < MAX_DESCRIPTORS; fd++) {
      if (this.#slots[fd] !== undefined) continue
      this.#slots[fd] = { description, closeOnExec }
      return fd
    }
    return fail(EMFILE)
  }

  /** Puts it at this very number; what was there is closed. */
  set(fd: number, description: Description, closeOnExec: boolean): void {
    if (fd < 0 || fd >= MAX_DESCRIPTORS) fail(EBADF)
    if (this.#slots[fd] !== undefined) this.close(fd)
    this.#slots[fd] = { description, closeOnExec }
  }

  get(fd: number): Description {
    return (this.#slots[fd] ?? fail(EBADF)).description
  }

  /** Of all that are open. */
  numbers(): readonly number[] {
    return [...this.#slots.keys()].filter((fd) => this.#slots[fd] !== undefined)
  }

  has(fd: number): boolean {
    return this.#slots[fd] !== undefined
  }

  closeOnExec(fd: number): boolean {
    return (this.#slots[fd] ?? fail(EBADF)).closeOnExec
  }
  setCloseOnExec(fd: number, value: boolean): void {
    ;(this.#slots[fd] ?? fail(EBADF)).closeOnExec = value
  }

  /** The file behind it is closed with its last descriptor. */
  close(fd: number): void {
    const { description } = this.#slots[fd] ?? fail(EBADF)
    this.#slots[fd] = undefined
    this.#closeUnused(description)
  }

  /** Keeps the file open beyond its last descriptor, until `drop`. */
  hold(description: Description): void {
    this.#held.set(description, (this.#held.get(description) ?? 0) + 1)
  }
  drop(description: Description): void {
    const left = (this.#held.get(description) ?? 1) - 1
    if (left > 0) this.#held.set(description, left)
    else {
      this.#held.delete(description)
      this.#closeUnused(description)
    }
  }

  #closeUnused(description: Description): void {
    if (this.#held.has(description) || this.#slots.some((slot) => slot?.description === description)) return
    description.file?.close()
  }

  closeAll(): void {
    this.#slots.forEach((slot, fd) => {
      if (slot !== undefined) this.close(fd)
    })
  }
}
