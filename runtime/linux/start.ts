/**
 * Starts a program in the process: reads it (and the dynamic linker that it asks for), puts it into an empty address space, builds its stack and sets the
 * registers. Used for the first program, and for each that takes its place by execve.
 */

import { EXEC, READ } from '../memory.ts'
import { PAGE } from './address-space.ts'
import { ElfError, readElf } from './elf.ts'
import { readSymbols, type Symbols } from './elf-symbols.ts'
import { LinuxError } from './errno.ts'
import type { Kernel } from './kernel.ts'
import { type Executable, loadElf } from './load.ts'
import { readWholeFile } from './namespace.ts'
import { buildStack } from './stack.ts'
import { createThread } from './threads.ts'

export interface NewProgram {
  readonly program: Executable
  /** The dynamic linker, if it asks for one. */
  readonly linker: Executable | undefined
  /** argv[0] included. */
  readonly argv: readonly string[]
  /** NAME=value. */
  readonly env: readonly string[]
}

/** Reads what is needed to start it; nothing is changed yet. Throws ElfError. */
export function prepareProgram(
  kernel: Kernel,
  bytes: Uint8Array,
  path: string,
  argv: readonly string[],
  env: readonly string[],
): NewProgram {
  const image = readElf(bytes, kernel.target)
  const linker = image.interpreter === undefined ? undefined : readLinker(kernel, image.interpreter)
  return { program: { bytes, image, path }, linker, argv, env }
}

/** The dynamic linker, from the guest's own files. */
function readLinker(kernel: Kernel, path: string): Executable {
  let bytes: Uint8Array
  try {
    bytes = readWholeFile(kernel.names, path)
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error
    throw new ElfError(
      `a dynamically linked program: it asks for ${path}, which is not among its files (-L DIR gives it a system's, or link it with -static)`,
      { cause: error },
    )
  }
  try {
    return { bytes, image: readElf(bytes, kernel.target), path }
  } catch (error) {
    throw error instanceof ElfError ? new ElfError(`${path}: ${error.message}`) : error
  }
}

/** The address space must be empty. Throws ElfError when there is no room, LinuxError(E2BIG) for arguments that do not fit. */
export function startProgram(kernel: Kernel, { program, linker, argv, env }: NewProgram): () => Symbols {
  const { arch, space, state, host, memory, hwcap } = kernel
  const loaded = loadElf(program, linker, memory.guest, space)
  // The page above the stack is nobody else's.
  kernel.trampoline = space.end - PAGE
  space.place(kernel.trampoline, PAGE, READ | EXEC, { name: '[vdso]', offset: 0 })
  memory.guest.write(kernel.trampoline, arch.signals.trampoline)
  const random = new Uint8Array(16)
  host.random(random)
  const executable = program.path
  const stack = buildStack(memory, program.image, loaded, { argv, env, executable, user: host.user, random, hwcap })
  kernel.program = { ...stack, executable, stackPointer: stack.pointer }
  kernel.threadName = executable.slice(executable.lastIndexOf('/') + 1).slice(0, 15)
  state.place(arch.stackPointer).write(BigInt(stack.pointer))
  state.pc = BigInt(loaded.start)
  let symbols: Symbols | undefined
  return () => (symbols ??= readSymbols(program.bytes, arch.bits, loaded.base))
}

/** execve: what the old program had in memory, its handlers and its other threads are gone; descriptors stay, but for those that said otherwise. */
export function replaceProgram(kernel: Kernel, next: NewProgram): () => Symbols {
  const { space, state, signals, descriptors, thread } = kernel
  kernel.shared.dropAll()
  for (const { start, end } of space.regions()) space.release(start, end - start)
  const only = createThread(kernel.pid, thread.blocked)
  only.pending.push(...thread.pending)
  kernel.threads.splice(0, kernel.threads.length, only)
  kernel.thread = only
  kernel.futexes.splice(0)
  for (const [signal, { handler }] of signals.actions) if (handler > 1n) signals.actions.delete(signal)
  for (const fd of descriptors.numbers()) if (descriptors.closeOnExec(fd)) descriptors.close(fd)
  state.reset()
  return startProgram(kernel, next)
}
