/** `isagen run`: a Linux program (ELF) or, with --raw, bytes on a bare machine. Loads the one engine that is needed and no part of the generator. */

import { readFileSync } from 'node:fs'
import type { GuestIsa } from '../../runtime/abi.ts'
import { CommandError, defineCommand } from './command.ts'
import { elfMachine } from './elf-file.ts'
import { isaForElf, loadIsa } from './load-isa.ts'
import { findProgram } from './run-program.ts'
import type { RunWatch } from './run-watch.ts'

export const command = defineCommand({
  usage: 'run PROGRAM [-- ARGS…]',
  describe: 'Run a Linux program (ELF) in user mode, or plain bytes on the bare machine with --raw.',
  operands: { least: 1, most: Number.POSITIVE_INFINITY, name: 'a PROGRAM' },
  quick: true,
  options: {
    isa: { type: 'string', describe: "the machine; an ELF file's is read from its header" },
    spec: { type: 'string', describe: 'a spec to take the machine from' },
    tier: {
      type: 'string',
      choices: ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'],
      default: 'auto',
      describe: 'how to run',
    },
    stats: {
      type: 'string',
      bare: 'text',
      choices: ['text', 'json'],
      describe: 'print statistics to stderr at the end',
    },
    stress: {
      type: 'number',
      describe: 'a seed: throw compiled code away and make it anew at random moments; slow, the same results',
    },
    without: {
      type: 'string',
      array: true,
      describe:
        'optimisations to leave out, with commas between them, or all: the same results, only later (a wrong name lists them)',
    },
    'dump-wasm': {
      type: 'string',
      describe: 'PC: write the compiled code that holds this address or symbol as text, a file a tier',
    },
    'dump-to': { type: 'string', default: '.', describe: 'the folder for --dump-wasm' },
    counters: {
      type: 'boolean',
      describe: 'count in compiled code what only it sees, for --stats: hits of learnt jumps; slower',
    },
    strace: { type: 'boolean', describe: 'print its system calls and signals to stderr, as strace does' },
    'max-instructions': { type: 'number', describe: 'stop after so many' },
    map: {
      type: 'string',
      array: true,
      describe: 'GUEST[=HOST][:ro|rw]: let the program see a folder or file (default ro)',
    },
    sysroot: {
      type: 'string',
      alias: 'L',
      describe: "the folder that the program sees as '/' (default: none), read-only: a system's libraries",
    },
    env: { type: 'string', array: true, describe: 'K=V: set a variable of its environment' },
    cwd: { type: 'string', default: '/', describe: 'where the program starts, a path it sees' },
    raw: { type: 'boolean', describe: 'no ELF, no system: plain bytes' },
    load: { type: 'string', default: '0', describe: 'raw: where the bytes go' },
    start: { type: 'string', describe: 'raw: first pc (default: where the bytes go)' },
    until: { type: 'string', describe: 'raw: stop before the instruction at this address (runs step by step)' },
    set: { type: 'string', array: true, describe: 'raw: REGISTER=VALUE before the start' },
  },
  examples: [
    ['isagen run hello.elf --stats -- one two', 'arguments for the program stand after --'],
    ['isagen run busybox --map /data=./data:rw -- ls -l /data', 'nothing of the host is visible unless mapped'],
    ['isagen run -L debian-riscv64 /usr/bin/python3 -- -c "print(6 * 7)"', "a system's program with its libraries"],
    ['isagen run hello.elf --dump-wasm main --dump-to wasm', 'what main was compiled to'],
    ['isagen run sum.bin --raw --isa mos6502 --load 0x600 --until 0x620', 'a bare machine; prints its registers'],
  ],
  notes:
    "The exit code is the program's; a fault ends it as a signal would (128 + signal), --max-instructions gives 124. Raw: a trap, a jump to itself, --until " +
    'or --max-instructions ends the run and the registers are printed; exit code 1 for a fault or an illegal instruction.',
  run: async ({ options, operands: [program = '', ...more], rest }, terminal) => {
    const { host, guest } = findProgram(program, options.sysroot)
    const file = new Uint8Array(readFileSync(host))
    const limit = options['max-instructions']
    if (limit !== undefined && !(limit >= 0)) throw new CommandError('--max-instructions needs a number from 0')
    if (options.stress !== undefined && !Number.isInteger(options.stress))
      throw new CommandError('--stress needs a whole number')
    const wanted = options['dump-wasm']
    const watchOf = async (isa: GuestIsa): Promise<RunWatch | undefined> =>
      wanted === undefined && !options.counters
        ? undefined
        : (await import('./run-watch.ts')).watchRun(isa, { wanted, counters: options.counters })
    if (options.raw) {
      const isa = await loadIsa(options, terminal)
      const { runRaw } = await import('./run-raw.ts')
      const watch = await watchOf(isa)
      const code = runRaw(isa, file, { ...options, limit }, terminal, watch)
      await watch?.dump?.write(options['dump-to'], terminal)
      return code
    }
    const elf = elfMachine(file)
    if (elf === undefined) throw new CommandError(`${program} is no ELF program (plain bytes run with --raw)`)
    const named = options.isa ?? (options.spec === undefined ? await isaForElf(elf, program) : undefined)
    const isa = await loadIsa({ isa: named, spec: options.spec }, terminal)
    const { runLinux } = await import('./run-linux.ts')
    const watch = await watchOf(isa)
    const code = await runLinux(
      isa,
      file,
      elf,
      { ...options, limit, executable: guest, argv: [program, ...more, ...rest] },
      terminal,
      watch,
    )
    await watch?.dump?.write(options['dump-to'], terminal)
    return code
  },
})
