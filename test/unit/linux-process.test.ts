import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GUEST } from '../../runtime/abi.ts'
import type { Engine } from '../../runtime/engine.ts'
import type { Exit } from '../../runtime/exit.ts'
import { renderReport, runLinux } from '../../runtime/linux/index.ts'
import { MemoryFiles } from '../../runtime/linux/memory-files.ts'
import { riscv32, riscv64 } from '../../runtime/linux/riscv.ts'
import { GuestMemory, READ, WRITE } from '../../runtime/memory.ts'
import type { Place } from '../../runtime/state.ts'
import { MEMORY, testHost } from './linux-kernel.ts'

const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../guests/${name}`, import.meta.url)))

/** An engine whose guest code is a script: each entry sets registers and says why the engine came back. */
type Step = (machine: Machine) => Exit
class Machine {
  readonly memory = new GuestMemory(new ArrayBuffer(GUEST + MEMORY), MEMORY, 64, true)
  readonly registers = new Map<string, bigint>()
  readonly width: number
  pc = 0n

  constructor(width: number) {
    this.width = width
  }

  engine(steps: readonly Step[]): Engine {
    const left = [...steps]
    const place = (name: string): Place => ({
      name,
      width: this.width,
      read: () => (name === 'pc' ? this.pc : BigInt.asUintN(this.width, this.registers.get(name) ?? 0n)),
      write: (value) => {
        if (name === 'pc') this.pc = value
        else this.registers.set(name, value)
      },
    })
    const machine = this
    const part = {
      isa: { title: 'a scripted machine', registers: [], views: [], pcWidth: this.width },
      memory: this.memory,
      state: {
        place,
        write: (name: string, value: bigint) => place(name).write(value),
        snapshot: () => new Int32Array(0),
        restore: () => {},
        reset: () => this.registers.clear(),
        get pc() {
          return machine.pc
        },
        set pc(value: bigint) {
          machine.pc = value
        },
      },
      run: () => left.shift()!(this),
      stats: () => ({ instructions: 0 }),
    }
    return part as unknown as Engine
  }

  word(address: bigint): bigint {
    const bytes = this.memory.read(Number(address), this.width / 8)
    return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
  }

  text(address: bigint): string {
    const from = Number(address)
    return new TextDecoder().decode(this.memory.bytes.slice(from, this.memory.bytes.indexOf(0, from)))
  }
}

/** A system call, as the script's guest makes it. */
function call(number: number, ...args: bigint[]): Step {
  return (machine) => {
    machine.registers.set('a7', BigInt(number))
    args.forEach((value, i) => {
      machine.registers.set(`a${i}`, value)
    })
    return { kind: 'trap', trap: 'ecall', number: 8, args: [], pc: machine.pc, next: machine.pc + 4n }
  }
}

const exit = (code: bigint): Step => call(94, code)

for (const { arch, name } of [
  { arch: riscv64, name: 'hello.rv64.elf' },
  { arch: riscv32, name: 'hello.rv32.elf' },
  { arch: riscv64, name: 'hello.rv64.pie.elf' },
]) {
  it(`${name}: the stack has arguments, environment and auxiliary vector`, () => {
    const machine = new Machine(arch.bits)
    const size = BigInt(arch.bits / 8)
    let seen = 0
    const look: Step = (m) => {
      const sp = m.registers.get('sp')!
      expect(sp % 16n).toBe(0n)
      let at = sp
      const next = (): bigint => {
        const value = m.word(at)
        at += size
        return value
      }
      expect(next()).toBe(2n)
      expect([m.text(next()), m.text(next()), next()]).toEqual(['hello', 'größer', 0n])
      expect([m.text(next()), next()]).toEqual(['A=1', 0n])
      const auxiliary = new Map<bigint, bigint>()
      for (let key = next(); key !== 0n; key = next()) auxiliary.set(key, next())
      expect(auxiliary.get(6n)).toBe(4096n)
      expect(auxiliary.get(9n)).toBe(m.pc)
      expect(auxiliary.get(4n)).toBe(arch.bits === 64 ? 56n : 32n)
      expect(auxiliary.get(11n)).toBe(1000n)
      expect(auxiliary.get(17n)).toBe(100n)
      expect(m.text(auxiliary.get(31n)!)).toBe('/bin/hello')
      expect([...m.memory.read(Number(auxiliary.get(25n)), 16)]).toEqual(Array(16).fill(0xaa))
      // The program headers: the first field of the first one is a type.
      expect(m.memory.permissions(Number(auxiliary.get(3n)))).toBe(READ)
      expect(m.memory.permissions(Number(sp) - 4096)).toBe(READ | WRITE)
      seen++
      return exit(3n)(m)
    }
    const options = { arch, argv: ['hello', 'größer'], env: ['A=1'], executable: '/bin/hello', host: testHost([]) }
    expect(runLinux(machine.engine([look]), file(name), options)).toEqual({ kind: 'exit', code: 3 })
    expect(seen).toBe(1)
  })
}

/** hello.rv64.elf, asking for a dynamic linker. */
function dynamicProgram(linker: string): Uint8Array {
  const program = file('hello.rv64.elf')
  const path = new TextEncoder().encode(`${linker}\0`)
  const bytes = new Uint8Array(program.length + path.length)
  bytes.set(program)
  bytes.set(path, program.length)
  const header = new DataView(bytes.buffer, 64)
  header.setUint32(0, 3, true) // PT_INTERP
  header.setBigUint64(8, BigInt(program.length), true)
  header.setBigUint64(32, BigInt(path.length), true)
  return bytes
}

describe('a dynamically linked program', () => {
  const start = (files: MemoryFiles, ...steps: Step[]) => {
    const machine = new Machine(64)
    const host = testHost([{ at: '/', files, readOnly: true }])
    return runLinux(machine.engine(steps), dynamicProgram('/lib/ld.so'), { arch: riscv64, argv: ['/bin/hello'], host })
  }

  it('is started by its linker, which learns where it lies itself and where the program is', () => {
    const files = new MemoryFiles()
    files.put('/lib/ld.so', file('hello.rv64.pie.elf'))
    let entry = 0n
    const look: Step = (m) => {
      let at = m.registers.get('sp')! + 8n * 4n
      const auxiliary = new Map<bigint, bigint>()
      for (; m.word(at) !== 0n; at += 16n) auxiliary.set(m.word(at), m.word(at + 8n))
      const base = auxiliary.get(7n)!
      expect(base % 4096n).toBe(0n)
      expect(base).toBeGreaterThan(0x100000n)
      expect(m.pc).toBeGreaterThan(base)
      entry = auxiliary.get(9n)!
      expect(m.memory.read(Number(base), 4)).toEqual(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46))
      expect(auxiliary.get(3n)).toBe(0x10040n)
      expect(auxiliary.get(16n)).toBe(0x1105n)
      return exit(0n)(m)
    }
    expect(start(files, look)).toEqual({ kind: 'exit', code: 0 })
    expect(entry).toBeGreaterThan(0x10000n)
    expect(entry).toBeLessThan(0x20000n)
  })

  it('needs a linker that is there and sound', () => {
    expect(() => start(new MemoryFiles())).toThrow('it asks for /lib/ld.so, which is not among its files')
    const files = new MemoryFiles()
    files.put('/lib/ld.so', 'text')
    expect(() => start(files)).toThrow('/lib/ld.so: not an ELF file')
  })
})

describe('the loop', () => {
  const run = (...steps: Step[]) => {
    const machine = new Machine(64)
    const host = testHost([])
    const result = runLinux(machine.engine(steps), file('hello.rv64.elf'), { arch: riscv64, argv: ['hello'], host })
    return { machine, host, result }
  }

  it('answers calls in the result register and goes on after the instruction', () => {
    let entry = 0n
    const { machine, result } = run(
      (m) => {
        entry = m.pc
        return call(172)(m)
      },
      (m) => {
        expect(m.registers.get('a0')).toBe(1000n)
        expect(m.pc).toBe(entry + 4n)
        return call(9999)(m)
      },
      (m) => {
        expect(m.registers.get('a0')).toBe(-38n)
        return exit(0n)(m)
      },
    )
    expect(result).toEqual({ kind: 'exit', code: 0 })
    expect(machine.pc).toBe(entry + 4n * 2n)
  })

  it('reports a fault with its address, the instruction and the function', () => {
    const { result } = run((m) => ({ kind: 'fault', pc: m.pc, next: m.pc, access: 'write', address: 0x10n }))
    expect(result).toMatchObject({ kind: 'signal', signal: 11, report: { fault: { access: 'write', address: 0x10n } } })
    const text =
      result.kind === 'signal' ? renderReport(result.report, () => ({ text: 'sd a0, 0(a1)', length: 4, id: 'sd' })) : ''
    expect(text).toContain('SIGSEGV: the program may not write to address 0x10\n')
    expect(text).toMatch(
      / {2}pc {6}0x000[0-9a-f]{5} {2}in _start\n {2}write {3}0x00000010\n {2}code {4}[0-9a-f ]{11} {2}sd a0, 0\(a1\)\n/,
    )
    expect(text).toMatch(/ {2}zero 0x0{16} {2}ra {3}0x0{16} {2}sp /)
  })

  it('reports an illegal instruction with its bits', () => {
    const { result } = run((m) => ({ kind: 'illegal', pc: m.pc, bytes: Uint8Array.of(0xef, 0xbe, 0xad, 0xde) }))
    expect(result).toMatchObject({
      signal: 4,
      report: { reason: 'no instruction of this machine has the bits 0xdeadbeef' },
    })
  })

  it('ends at a breakpoint, at a signal of its own, at the limit', () => {
    const breakpoint: Step = (m) => ({
      kind: 'trap',
      trap: 'breakpoint',
      number: 3,
      args: [],
      pc: m.pc,
      next: m.pc + 2n,
    })
    expect(run(breakpoint).result).toMatchObject({ kind: 'signal', signal: 5 })
    expect(run(call(129, 1000n, 6n)).result).toMatchObject({ kind: 'signal', signal: 6 })
    expect(run((m) => ({ kind: 'limit', pc: m.pc })).result).toMatchObject({ kind: 'limit' })
  })

  it('calls a handler with a frame on the stack, and goes on where it was after rt_sigreturn', () => {
    const handler = 0x10200n
    let before = { pc: 0n, sp: 0n }
    const { result } = run(
      (m) => {
        // The page of the headers cannot be written, the stack can: struct sigaction goes there.
        const at = m.registers.get('sp')! - 4096n
        m.memory.write(Number(at), new Uint8Array(new BigUint64Array([handler, 4n, 0n]).buffer))
        return call(134, 10n, at, 0n, 8n)(m)
      },
      (m) => {
        expect(m.registers.get('a0')).toBe(0n)
        before = { pc: m.pc + 4n, sp: m.registers.get('sp')! }
        return call(129, 1000n, 10n)(m)
      },
      (m) => {
        const sp = m.registers.get('sp')!
        expect(m.pc).toBe(handler)
        expect(m.registers.get('a0')).toBe(10n)
        expect(m.registers.get('a1')).toBe(sp)
        expect(m.registers.get('a2')).toBe(sp + 128n)
        expect(sp % 16n).toBe(0n)
        expect(before.sp - sp).toBeGreaterThanOrEqual(128n + 960n)
        const pc = sp + 128n + 176n
        expect(m.word(pc)).toBe(before.pc)
        expect([...m.memory.read(Number(m.registers.get('ra')!), 8)]).toEqual([0x93, 8, 0xb0, 8, 0x73, 0, 0, 0])
        return call(139)(m)
      },
      (m) => {
        expect(m.pc).toBe(before.pc)
        return exit(0n)(m)
      },
    )
    expect(result).toEqual({ kind: 'exit', code: 0 })
  })

  it('reports a wait for what cannot happen', () => {
    const { result } = run(call(73, 0n, 0n, 0n, 0n))
    expect(result).toMatchObject({ kind: 'limit', report: { reason: expect.stringContaining('cannot happen') } })
  })

  it('survives wild arguments to every system call', () => {
    const wild = [0n, 1n, 4096n, 0x12000n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n]
    const steps: Step[] = []
    for (let number = 0; number < 460; number++) {
      if (number === 93 || number === 94) continue
      for (let round = 0; round < 6; round++) {
        const args = Array.from({ length: 6 }, (_, i) => wild[(number * 7 + round * (i + 3) + i) % wild.length]!)
        // A signal to itself may end it.
        if (number >= 129 && number <= 131) args[number - 129 === 0 ? 1 : number - 129] = 0n
        steps.push(call(number, ...args))
      }
    }
    const { result } = run(...steps, exit(0n))
    expect(result).toEqual({ kind: 'exit', code: 0 })
  })
})
