/**
 * Artefact wasm-interpreter.ts: the interpreter as a WebAssembly module, a loop round one `br_table` over pre-decoded records. It does what the TypeScript one
 * does, with the same entry and exits, except that what traps, faults or meets code that is overwritten leaves with EXIT_STEP before the instruction.
 *
 * In: the handlers of ir/slots.ts, lowered by the same code as templates with other holes (record-holes.ts). Out: the module in base64.
 * The module imports m.m (the linear memory), m.enter ((fuel, slot) → exit of the compiled function there), m.meets ((address, size) → whether a store meets code) and the functions
 * of the library as l.0, l.1 …; it exports run: () → exit.
 */

import * as abi from '../../runtime/abi.ts'
import type { Isa } from '../ir/isa.ts'
import { type SlottedIsa, slotted } from '../ir/slots.ts'
import { codeWidthOf } from './decoder-context.ts'
import { base64Lines, libraryOf } from './library.ts'
import { recordWords } from './metadata.ts'
import {
  ACCESS_LOCALS,
  BLOCKS,
  EDGE,
  edgeFunction,
  libraryName,
  MEETS,
  PC,
  RECORD,
  RecordHoles,
  recordWord,
  STEP,
  withRecordLocals,
} from './record-holes.ts'
import { CodeWriter, name, section, unsigned, VALUE_TYPES, vector } from './wasm-binary.ts'
import { handlerBody } from './wasm-body.ts'
import { typeOf, Unsupported } from './wasm-context.ts'
import { constant, getLocal, ifStatement, op, setLocal, teeLocal, type WasmType, type Wat } from './wat.ts'

export function emitWasmInterpreter(isa: Isa): string {
  const binary = wasmInterpreter(slotted(isa))
  return [
    '/** A module: imports m.m, m.enter, m.meets and the library as l.0, l.1 …, exports run. Its binary in base64. */',
    'export const wasmInterpreter =',
    base64Lines(binary).join(' +\n'),
    '',
  ].join('\n')
}

const RUN_TYPE = 0
/** Of enter and of the checks of accesses: two words to one. */
const PAIR_TYPE = 1
const OWN_TYPES = 2
/** The compiled function in a slot. */
const ENTER = '$enter'

/** Locals of `run` that are not the handlers'. */
function loopLocals(pcType: WasmType): ReadonlyMap<string, WasmType> {
  const own = {
    [RECORD]: 'i32',
    $block: 'i32',
    $fuel: 'i32',
    $code: 'i32',
    $at: 'i32',
    $slot: 'i32',
    ...ACCESS_LOCALS,
  } as const
  return new Map<string, WasmType>([...Object.entries(own), [PC, pcType]])
}

/** The module's binary; throws when the host's validation refuses it. */
export function wasmInterpreter(all: SlottedIsa): Uint8Array {
  const functions = [...libraryOf(all).values()]
  // Functions that are imported come first.
  const first = 2
  const own = first + functions.length
  const names = new Map(functions.map(({ number }) => [libraryName(number), first + number]))
  names.set(ENTER, 0)
  names.set(MEETS, 1)
  names.set(EDGE, own + 1)
  const types = [
    functionType([], ['i32']),
    functionType(['i32', 'i32'], ['i32']),
    ...functions.map(({ params, results }) => functionType(params, results)),
  ]
  const imports = [
    // The memory is as large as the guest needs: at least a page, no limit.
    [...name('m'), ...name('m'), 2, 0, 1],
    [...name('m'), ...name('enter'), 0, PAIR_TYPE],
    [...name('m'), ...name('meets'), 0, PAIR_TYPE],
    ...functions.map(({ number }) => [...name('l'), ...name(String(number)), 0, ...unsigned(OWN_TYPES + number)]),
  ]
  const memory = all.isa.memories[0]
  const width = memory?.addressWidth ?? all.isa.pcWidth
  const code = [run(all, names), accessCode(edgeFunction(width))]
  const binary = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector(imports)),
    ...section(3, vector([[RUN_TYPE], [PAIR_TYPE]])),
    ...section(7, vector([[...name('run'), 0, ...unsigned(own)]])),
    ...section(10, vector(code.map((body) => [...unsigned(body.length), ...body]))),
  ])
  // Compiling, unlike validating, says what is wrong.
  if (!WebAssembly.validate(binary)) new WebAssembly.Module(binary)
  return binary
}

function functionType(params: readonly WasmType[], results: readonly WasmType[]): number[] {
  const codes = (list: readonly WasmType[]): number[] => vector(list.map((type) => [VALUE_TYPES[type]]))
  return [0x60, ...codes(params), ...codes(results)]
}

function accessCode(code: Wat): number[] {
  const writer = new CodeWriter({ local: (local) => Number(local.slice(2)) - 1, function: () => 0 })
  writer.put(code)
  return [0, ...writer.bytes, 0x0b]
}

/** Locals and code of `run`. */
function run(all: SlottedIsa, functions: ReadonlyMap<string, number>): number[] {
  const holes = new RecordHoles(all)
  const library = libraryOf(all)
  const call = (called: string, args: readonly Wat[]): Wat => {
    const found = library.get(called)
    if (!found) throw new Unsupported(`${called} is not in the library`)
    return holes.call({ ...found, kind: 'call' }, ...args)
  }
  const handlers = all.handlers.map((handler) => {
    const { body, loads } = withRecordLocals(all, handler)
    return handlerBody(all, holes, body, call, loads)
  })
  const most = (type: WasmType): number => Math.max(0, ...handlers.map(({ scratch }) => scratch[type]))
  const own = loopLocals(typeOf(codeWidthOf(all.isa)))
  const scratch: [letter: string, type: WasmType][] = [
    ['i', 'i32'],
    ['l', 'i64'],
  ]
  const all32and64 = scratch.flatMap(([letter, type]) =>
    Array.from({ length: most(type) }, (_, i): [string, WasmType] => [`$${letter}${i + 1}`, type]),
  )
  const locals = [...own, ...all32and64]
  const numbers = new Map(locals.map(([local], index) => [local, index]))
  const writer = new CodeWriter({
    local: (local) => numbers.get(local) ?? unknown(local),
    function: (called) => functions.get(called) ?? unknown(called),
  })
  writeLoop(
    writer,
    all,
    handlers.map(({ statements }) => statements),
  )
  return [...vector(locals.map(([, type]) => [1, VALUE_TYPES[type]])), ...writer.bytes, 0x0b]
}
function unknown(what: string): never {
  throw new Error(`isagen internal: no ${what} in an interpreter`)
}

const i32 = (value: number): Wat => constant('i32', value)
const control = (word: number, load: string): Wat => op(`${load} offset=${word * 4}`, i32(0))
const ofBlock = (word: number): Wat => op(`i32.load offset=${word * 4}`, getLocal('$block'))

/** Runs what is compiled at PC; goes on where that leaves because nothing is compiled there. PC is stored, for who enters may leave at once. */
function goOn(pcType: WasmType): Wat[] {
  const mark = (bits: number): Wat => op('i32.and', getLocal('$code'), i32(bits))
  const count = (word: number): Wat =>
    op(`i32.store offset=${word * 4}`, i32(0), op('i32.add', control(word, 'i32.load'), getLocal('$at')))
  const used = op('i32.sub', getLocal('$fuel'), teeLocal('$slot', control(abi.FUEL, 'i32.load')))
  const pc64 = pcType === 'i64' ? getLocal(PC) : op('i64.extend_i32_u', getLocal(PC))
  return [
    op(`i64.store offset=${abi.PC_LO * 4}`, i32(0), pc64),
    setLocal('$code', op(`call ${ENTER}`, getLocal('$fuel'), getLocal('$slot'))),
    setLocal('$at', used),
    setLocal('$fuel', getLocal('$slot')),
    ifStatement(mark(abi.EXIT_OPTIMISED), [count(abi.RAN_OPTIMISED)], [count(abi.RAN_BASELINE)]),
    setLocal(PC, control(abi.PC_LO, `${pcType}.load`)),
    op(`br_if ${BLOCKS}`, op('i32.eqz', mark(~abi.EXIT_OPTIMISED))),
    setLocal('$code', op('i32.or', getLocal('$code'), i32(abi.EXIT_COMPILED))),
    op('br $leave'),
  ]
}

/** See interpreter.ts for the same in TypeScript. */
function writeLoop(w: CodeWriter, all: SlottedIsa, handlers: readonly (readonly Wat[])[]): void {
  const { unit } = all.isa
  const codeWidth = codeWidthOf(all.isa)
  const wide = codeWidth > 32
  const recordBytes = recordWords(all) * 4
  const headerBytes = abi.BLOCK_HEADER * 4
  const pcType = typeOf(codeWidth)
  const leaveWith = (exit: number): Wat => setLocal('$code', i32(exit))
  const pcLow = wide ? op('i32.wrap_i64', getLocal(PC)) : getLocal(PC)
  const pc64 = wide ? getLocal(PC) : op('i64.extend_i32_u', getLocal(PC))
  const entry = op('i32.and', op('i32.shr_u', pcLow, i32(abi.jumpShift(unit))), i32(abi.JUMP_ENTRIES - 1))

  w.put(setLocal(PC, control(abi.PC_LO, `${pcType}.load`)), setLocal('$fuel', control(abi.FUEL, 'i32.load')))
  w.block('$leave')
  w.block(STEP)
  w.loop(BLOCKS)
  w.put(
    setLocal('$at', op('i32.mul', entry, i32(abi.JUMP_WORDS * 4))),
    leaveWith(abi.EXIT_MISS),
    // Both halves of the entry's pc at once.
    op('br_if $leave', op('i64.ne', op(`i64.load offset=${abi.JUMP_CACHE}`, getLocal('$at')), pc64)),
    setLocal('$slot', op(`i32.load offset=${abi.JUMP_CACHE + abi.JUMP_SLOT * 4}`, getLocal('$at'))),
    ifStatement(getLocal('$slot'), goOn(pcType), []),
    setLocal(
      '$block',
      op('i32.shl', op(`i32.load offset=${abi.JUMP_CACHE + abi.JUMP_BLOCK * 4}`, getLocal('$at')), i32(2)),
    ),
    op('br_if $leave', op('i32.eqz', getLocal('$block'))),
    leaveWith(abi.EXIT_HOT),
    op(
      `i32.store offset=${abi.BLOCK_HEAT * 4}`,
      getLocal('$block'),
      teeLocal('$at', op('i32.sub', ofBlock(abi.BLOCK_HEAT), i32(1))),
    ),
    op('br_if $leave', op('i32.lt_s', getLocal('$at'), i32(0))),
    leaveWith(abi.EXIT_FUEL),
    setLocal('$at', op('i32.sub', getLocal('$fuel'), ofBlock(abi.BLOCK_COUNT))),
    op('br_if $leave', op('i32.lt_s', getLocal('$at'), i32(0))),
    setLocal('$fuel', getLocal('$at')),
    setLocal(RECORD, op('i32.add', getLocal('$block'), i32(headerBytes))),
  )
  w.loop('$records')
  const label = (handler: number): string => `$handler${handler}`
  const labels = Array.from({ length: abi.HANDLER_FIRST + handlers.length }, (_, number) => label(number))
  for (const each of [...labels].reverse()) w.block(each)
  w.put(op(`i32.load16_u offset=${abi.RECORD_HANDLER * 4}`, getLocal(RECORD)))
  w.table(labels)
  w.end()
  w.put(op(`br ${BLOCKS}`, setLocal(PC, op(`${pcType}.load offset=${abi.RECORD_PC_LO * 4}`, getLocal(RECORD)))))
  for (const statements of handlers) {
    w.end()
    w.put(...statements, op('br $records', setLocal(RECORD, op('i32.add', getLocal(RECORD), i32(recordBytes)))))
  }
  w.end()
  w.end()
  w.end()
  // The instruction at hand was not done: the fuel of it and of the rest of its block is given back.
  const done = op(
    'i32.div_u',
    op('i32.sub', op('i32.sub', getLocal(RECORD), getLocal('$block')), i32(headerBytes)),
    i32(recordBytes),
  )
  w.put(
    setLocal('$fuel', op('i32.sub', op('i32.add', getLocal('$fuel'), ofBlock(abi.BLOCK_COUNT)), done)),
    setLocal(PC, wide ? op(`i64.load offset=${abi.RECORD_PC_LO * 4}`, getLocal(RECORD)) : recordWord(abi.RECORD_PC_LO)),
    leaveWith(abi.EXIT_STEP),
  )
  w.end()
  w.put(
    op(`i32.store offset=${abi.FUEL * 4}`, i32(0), getLocal('$fuel')),
    op(`i64.store offset=${abi.PC_LO * 4}`, i32(0), pc64),
    getLocal('$code'),
  )
}
