/**
 * The stack as the kernel hands it to a new program: argc, pointers to the arguments and to the environment, the auxiliary vector, and above them the
 * bytes that these point to. Source: Linux fs/binfmt_elf.c, create_elf_tables; System V ABI, "Process Initialization".
 */

import type { ElfImage } from './elf.ts'
import { E2BIG, fail } from './errno.ts'
import type { Loaded } from './load.ts'
import { text, type UserMemory } from './user-memory.ts'

/** Keys of the auxiliary vector (include/uapi/linux/auxvec.h). */
const AT_NULL = 0
const AT_PHDR = 3
const AT_PHENT = 4
const AT_PHNUM = 5
const AT_PAGESZ = 6
const AT_BASE = 7
const AT_FLAGS = 8
const AT_ENTRY = 9
const AT_UID = 11
const AT_EUID = 12
const AT_GID = 13
const AT_EGID = 14
const AT_HWCAP = 16
const AT_CLKTCK = 17
const AT_SECURE = 23
const AT_RANDOM = 25
const AT_EXECFN = 31

/** Ticks a second, of times(2). */
export const CLOCK_TICKS = 100

export interface StackContents {
  readonly argv: readonly string[]
  /** NAME=value. */
  readonly env: readonly string[]
  /** The program's path. */
  readonly executable: string
  readonly user: { readonly uid: number; readonly gid: number }
  /** 16 bytes. */
  readonly random: Uint8Array
  /** AT_HWCAP. */
  readonly hwcap: number
}

export interface Stack {
  /** The stack pointer, a multiple of 16. */
  readonly pointer: number
  /** The auxiliary vector: address and bytes. */
  readonly auxiliary: { readonly address: number; readonly length: number }
  /** Arguments and environment as they lie in memory, each ended with a zero byte: addresses of the first byte and after the last. */
  readonly argv: readonly [start: number, end: number]
  readonly env: readonly [start: number, end: number]
}

/** Writes the stack. E2BIG when arguments and environment take more than a quarter of it. */
export function buildStack(memory: UserMemory, image: ElfImage, loaded: Loaded, contents: StackContents): Stack {
  let top = loaded.stackTop
  const lowest = loaded.stackTop - loaded.stackBytes / 4
  const push = (bytes: Uint8Array): number => {
    top -= bytes.length
    if (top < lowest) fail(E2BIG)
    memory.write(top, bytes)
    return top
  }
  const pushText = (value: string): number => push(text(`${value}\0`))

  const executable = pushText(contents.executable)
  // The last string ends highest, as the kernel copies them.
  const envEnd = top
  const env = contents.env.toReversed().map(pushText).reverse()
  const argvEnd = top
  const argv = contents.argv.toReversed().map(pushText).reverse()
  const argvStart = top
  top -= top % 16
  const random = push(contents.random)

  const auxiliary: readonly (readonly [key: number, value: number])[] = [
    [AT_HWCAP, contents.hwcap],
    [AT_PAGESZ, 4096],
    [AT_CLKTCK, CLOCK_TICKS],
    [AT_PHDR, loaded.headers],
    [AT_PHENT, image.headers.entrySize],
    [AT_PHNUM, loaded.headers === 0 ? 0 : image.headers.count],
    [AT_BASE, loaded.linkerBase],
    [AT_FLAGS, 0],
    [AT_ENTRY, loaded.entry],
    [AT_UID, contents.user.uid],
    [AT_EUID, contents.user.uid],
    [AT_GID, contents.user.gid],
    [AT_EGID, contents.user.gid],
    [AT_SECURE, 0],
    [AT_RANDOM, random],
    [AT_EXECFN, executable],
    [AT_NULL, 0],
  ]
  const words = [argv.length, ...argv, 0, ...env, 0, ...auxiliary.flat()]
  const bytes = words.length * memory.wordBytes
  const stack = Math.floor((top - bytes) / 16) * 16
  if (stack < lowest) fail(E2BIG)
  words.forEach((word, i) => {
    memory.setWord(stack + i * memory.wordBytes, word)
  })
  const vector = 2 * auxiliary.length * memory.wordBytes
  return {
    pointer: stack,
    auxiliary: { address: stack + bytes - vector, length: vector },
    argv: [argvStart, argvEnd],
    env: [argvEnd, envEnd],
  }
}
