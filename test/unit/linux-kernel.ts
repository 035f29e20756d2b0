/** For tests: a kernel on real guest memory with files in memory, and calls by name with arguments as a program would give them. */

import { GUEST } from '../../runtime/abi.ts'
import { AddressSpace } from '../../runtime/linux/address-space.ts'
import type { LinuxArch } from '../../runtime/linux/arch.ts'
import { EAGAIN, fail } from '../../runtime/linux/errno.ts'
import { type LinuxHost, type Mount, type OpenFile, S_IFIFO } from '../../runtime/linux/host.ts'
import { createKernel, type Kernel, type Registers } from '../../runtime/linux/kernel.ts'
import { MemoryFiles } from '../../runtime/linux/memory-files.ts'
import { riscv64 } from '../../runtime/linux/riscv.ts'
import { SYSCALL_NAMES } from '../../runtime/linux/syscall-names.ts'
import { systemCall } from '../../runtime/linux/syscalls.ts'
import { UserMemory } from '../../runtime/linux/user-memory.ts'
import { GuestMemory, READ, WRITE } from '../../runtime/memory.ts'
import type { Place } from '../../runtime/state.ts'

export const MEMORY = 1 << 24
/** Where `Guest.put` puts things, one after the other. */
const SCRATCH = 0x100000

export function testHost(mounts: readonly Mount[], input = ''): LinuxHost & { output: string; diagnostics: string[] } {
  const left = [...new TextEncoder().encode(input)]
  const stream = (write: (bytes: Uint8Array) => void): OpenFile => ({
    seekable: false,
    stat: () => ({ ...new MemoryFiles().stat('/'), mode: S_IFIFO | 0o600 }),
    read: (buffer) => {
      const bytes = left.splice(0, buffer.length)
      buffer.set(bytes)
      return bytes.length
    },
    write: (bytes) => {
      write(bytes)
      return bytes.length
    },
    close: () => {},
  })
  let now = 0n
  const host = {
    output: '',
    diagnostics: [] as string[],
    mounts,
    directory: '/',
    stdin: stream(() => fail(EAGAIN)),
    stdout: stream((bytes) => {
      host.output += new TextDecoder().decode(bytes)
    }),
    stderr: stream(() => {}),
    user: { uid: 1000, gid: 1000 },
    realtime: () => 1_700_000_000_123_456_789n,
    monotonic: () => (now += 10_000_000n),
    random: (bytes: Uint8Array) => {
      bytes.fill(0xaa)
    },
    diagnostic: (message: string) => {
      host.diagnostics.push(message)
    },
  }
  return host
}

/** Registers by name, each 0 at first. */
export class TestRegisters implements Registers {
  pc = 0n
  readonly #values = new Map<string, bigint>()
  readonly #width: number

  constructor(width: number) {
    this.#width = width
  }

  place(name: string): Place {
    return {
      name,
      width: this.#width,
      read: () => (name === 'pc' ? this.pc : BigInt.asUintN(this.#width, this.#values.get(name) ?? 0n)),
      write: (value) => {
        if (name === 'pc') this.pc = value
        else this.#values.set(name, value)
      },
    }
  }

  /** Two words for the pc and each register, in the order of their first use. */
  snapshot(): Int32Array {
    const values = [this.pc, ...this.#values.values()]
    return new Int32Array(new BigUint64Array(values).buffer)
  }
  reset(): void {
    this.pc = 0n
    this.#values.clear()
  }
  restore(snapshot: Int32Array): void {
    const [pc = 0n, ...values] = new BigUint64Array(snapshot.buffer)
    this.pc = pc
    ;[...this.#values.keys()].forEach((name, i) => {
      this.#values.set(name, values[i] ?? 0n)
    })
  }
}

export class Guest {
  readonly files = new MemoryFiles({ now: () => 42n })
  readonly host: ReturnType<typeof testHost>
  readonly kernel: Kernel
  readonly memory: GuestMemory
  #next = SCRATCH

  constructor(options: { arch?: LinuxArch; mounts?: readonly Mount[]; input?: string } = {}) {
    const arch = options.arch ?? riscv64
    this.host = testHost(options.mounts ?? [{ at: '/', files: this.files, readOnly: false }], options.input)
    this.memory = new GuestMemory(new ArrayBuffer(GUEST + MEMORY), MEMORY, 64, true)
    const space = new AddressSpace(this.memory)
    space.place(SCRATCH, 0x100000, READ | WRITE)
    space.arrange(0x300000, 0xf00000)
    this.kernel = createKernel(
      arch,
      { isa: { title: 'a test', registers: [], views: [], pcWidth: arch.bits }, state: new TestRegisters(arch.bits) },
      this.host,
      new UserMemory(this.memory, arch.bits === 64 ? 8 : 4),
      space,
      '/bin/test',
    )
  }

  /** The result as a signed number: −errno for an error. Text is put into memory with a zero byte. */
  call(name: string, ...args: (number | bigint | string)[]): number {
    const { renamed } = this.kernel.arch
    const other = Object.entries(renamed).find(([, value]) => value === name)
    const number = other ? Number(other[0]) : [...SYSCALL_NAMES].find(([, value]) => value === name)?.[0]
    if (number === undefined) throw new Error(`no system call ${name}`)
    return this.callNumber(number, ...args)
  }

  callNumber(number: number, ...args: (number | bigint | string)[]): number {
    const words = args.map((arg) =>
      BigInt.asUintN(this.kernel.arch.bits, BigInt(typeof arg === 'string' ? this.put(arg) : arg)),
    )
    const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = words
    const answer = systemCall(this.kernel, number, [a, b, c, d, e, f])
    if (typeof answer !== 'object') return Number(answer)
    if (answer.kind === 'resume') return 0
    const value = answer.poll() ?? (answer.deadline === undefined ? undefined : answer.late)
    if (value === undefined) throw new Error(`${number} waits for ever`)
    return Number(value)
  }

  /** Gives its address. */
  put(content: string | Uint8Array): number {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(`${content}\0`) : content
    const at = this.#next
    this.memory.write(at, bytes)
    this.#next += Math.ceil(bytes.length / 16) * 16
    return at
  }

  /** Room for a result. */
  room(length: number): number {
    return this.put(new Uint8Array(length))
  }

  view(address: number, length: number): DataView {
    const bytes = this.memory.read(address, length)
    return new DataView(bytes.buffer)
  }

  text(address: number, length: number): string {
    return new TextDecoder().decode(this.memory.read(address, length))
  }
}
