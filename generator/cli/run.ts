/** `isagen run`: a Linux program (ELF) or, with --raw, bytes on a bare machine. Loads the one engine that is needed and no part of the generator. */

import { readFileSync } from 'node:fs'
import type { GuestIsa } from '../../runtime/abi.ts'
import { CommandError, defineCommand } from './command.ts'
import { instructionLimit, loadProgram, programOptions } from './linux-program.ts'
import { loadIsa } from './load-isa.ts'
import { findProgram } from './run-program.ts'
import type { RunWatch } from './run-watch.ts'

export const command = defineCommand({
  usage: 'run PROGRAM [-- ARGS…]',
  describe: 'Run a Linux program (ELF) in user mode, or plain bytes on the bare machine with --raw.',
  operands: { least: 1, most: Number.POSITIVE_INFINITY, name: 'a PROGRAM' },
  quick: true,
  options: {
    ...programOptions,
    stats: {
      type: 'string',
      bare: 'text',
      choices: ['text', 'json'],
      describe: 'print statistics to stderr at the end',
    },
    'translation-cache': {
      type: 'string',
      bare: 'on',
      default: 'off',
      describe:
        "keep what was compiled for the next run of the program: off, on (the user's cache folder), clear (the same, emptied first), or a folder",
    },
    stress: {
      type: 'number',
      describe: 'a seed: throw compiled code away and make it anew at random moments; slow, the same results',
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
    raw: { type: 'boolean', describe: 'no ELF, no system: plain bytes' },
    load: { type: 'string', default: '0', describe: 'raw: where the bytes go' },
    start: { type: 'string', describe: 'raw: first pc (default: where the bytes go)' },
    until: { type: 'string', describe: 'raw: stop before the instruction at this address (runs step by step)' },
    set: { type: 'string', array: true, describe: 'raw: REGISTER=VALUE before the start' },
    screen: {
      type: 'string',
      describe: 'raw: a register file that is shown, a row of pixels each; the machine begins with its reset and ticks',
    },
    keys: { type: 'string', describe: 'raw, with --screen: FILE=CHARACTERS, a register file of keys and who they are' },
    speed: { type: 'number', default: 700, describe: 'raw, with --screen: instructions a second' },
  },
  examples: [
    ['isagen run hello.elf --stats -- one two', 'arguments for the program stand after --'],
    ['isagen run busybox --map /data=./data:rw -- ls -l /data', 'nothing of the host is visible unless mapped'],
    ['isagen run -L debian-riscv64 /usr/bin/python3 -- -c "print(6 * 7)"', "a system's program with its libraries"],
    ['isagen run hello.elf --dump-wasm main --dump-to wasm', 'what main was compiled to'],
    ['isagen run sum.bin --raw --isa mos6502 --load 0x600 --until 0x620', 'a bare machine; prints its registers'],
    [
      'isagen run game.ch8 --raw --isa chip8 --load 0x200 --screen screen --keys key=x123qweasdzc4rfv',
      'a machine with a screen, until Escape',
    ],
  ],
  notes:
    "The exit code is the program's; a fault ends it as a signal would (128 + signal), --max-instructions gives 124. Raw: a trap, a jump to itself, --until " +
    'or --max-instructions ends the run and the registers are printed; exit code 1 for a fault or an illegal instruction.',
  run: async ({ options, operands: [program = '', ...more], rest }, terminal) => {
    const limit = instructionLimit(options)
    if (options.stress !== undefined && !Number.isInteger(options.stress))
      throw new CommandError('--stress needs a whole number')
    const wanted = options['dump-wasm']
    const watchOf = async (isa: GuestIsa): Promise<RunWatch | undefined> =>
      wanted === undefined && !options.counters
        ? undefined
        : (await import('./run-watch.ts')).watchRun(isa, { wanted, counters: options.counters })
    if (options.raw) {
      const bytes = new Uint8Array(readFileSync(findProgram(program, options.sysroot).host))
      const isa = await loadIsa(options, terminal)
      const { runRaw } = await import('./run-raw.ts')
      const watch = await watchOf(isa)
      const code = await runRaw(isa, bytes, { ...options, limit }, terminal, watch)
      await watch?.dump?.write(options['dump-to'], terminal)
      return code
    }
    const { isa, file, elf, ...itself } = await loadProgram(options, [program, ...more, ...rest], terminal)
    const { runLinux } = await import('./run-linux.ts')
    const watch = await watchOf(isa)
    const code = await runLinux(isa, file, elf, { ...options, ...itself, limit }, terminal, watch)
    await watch?.dump?.write(options['dump-to'], terminal)
    return code
  },
})
