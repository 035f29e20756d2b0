/**
 * interpreter.ts of a generated isa: one switch over pre-decoded records, a case a handler, all state in one Int32Array (runtime/abi.ts).
 *
 * In: the handlers of ir/slots.ts. Out: `createInterpreter`. V8 does not optimise a function whose bytecode exceeds 60 KB, so handlers that are long,
 * and the longest of the others when all together are too many, become functions of their own; they tell by their result how to go on.
 */

import * as abi from '../../runtime/abi.ts'
import type { Isa } from '../ir/isa.ts'
import { type Handler, type SlottedIsa, slotted } from '../ir/slots.ts'
import type { Stmt } from '../ir/stmt.ts'
import { ends, hasStore } from './body-shape.ts'
import { machineEvents, trapEvent } from './events.ts'
import { recordWords } from './metadata.ts'
import { type HelperName, helperTexts } from './ts-arithmetic.ts'
import { type Flow, functionLines, handlerLines, resultNames } from './ts-body.ts'
import { literal } from './ts-code.ts'
import { accessFunctions } from './ts-memory.ts'
import { type TsWriter, tsFile } from './writer.ts'

/**
 * Sizes of one handler, and of all in the switch together with the calls of the others, in characters without blanks at the ends of lines; 8 characters make some
 * 7 bytes of bytecode, and V8 never optimises a function of more than 60 KB of it.
 */
const LONG = 900
const BUDGET = 56_000

/** What a handler outside the switch returns when it does not leave the interpreter. */
const NEXT = -1
const JUMPED = -2

/** Blocks that `turns` runs at most, and what it returns after them. */
const TURNS = 2000
const AGAIN = -1
/** Words of linear memory are fewer: with this mask the host's compiler knows that adding to a record's word does not overflow. */
const WORD_MASK = 0x3fffffff

/** What handlers call the views of linear memory. */
const LOCALS = ['const m = words', 'const bytes = octets', 'const view = accessor']

export function emitInterpreter(isa: Isa): string {
  const all = slotted(isa)
  const helpers = new Set<HelperName>()
  const width = recordWords(all)
  const inline = all.handlers.map((h) => ({ handler: h, lines: handlerLines(all, h, inSwitch(width), helpers) }))
  const apart = outOfLine(inline, (handler) => sizeOf(callLines(handler, width)))
  const functions = all.handlers
    .filter((h) => apart.has(h))
    .map((h) => ({ handler: h, lines: handlerLines(all, h, inFunction, helpers) }))

  const event = trapEvent(all, helpers)
  const events = machineEvents(all, helpers)
  const called = all.functions.map((f) => ({ f, ...functionLines(all, f, helpers) }))

  return tsFile((w) => {
    for (const text of helperTexts(helpers)) w.lines(text.split('\n')).line()
    const results = resultNames(all.functions)
    if (called.length > 0) {
      w.line('// Functions of the spec. A function gives the first word of its results; the others it leaves here.')
      if (results.length > 0) w.line(`let ${results.map((name) => `${name} = 0`).join(', ')}`)
      w.line()
    }
    for (const { f, params, lines } of called) {
      if (f.doc.length > 0) w.doc(f.doc)
      w.block(`function ${f.name}(${params.map((name) => `${name}: number`).join(', ')}): number`, () =>
        w.lines(lines),
      ).line()
    }
    w.doc([
      'All state is in `m`, the words of linear memory: registers, records, the control block. The seam has its map.',
    ])
    w.block(`export const createInterpreter: ${w.type('CreateInterpreter')} = (host) =>`, () => {
      w.line('const words = new Int32Array(host.buffer)')
      w.line('const octets = new Uint8Array(host.buffer)')
      w.line('const accessor = new DataView(host.buffer)')
      w.line('const { fault } = host').line()
      accessFunctions(w, isa)
      exitFunctions(w, width)
      for (const { handler, lines } of functions) {
        documentation(w, handler)
        w.block(`function ${functionName(handler)}(r: number): number`, () =>
          w.lines([...localsOf(lines), ...lines]),
        ).line()
      }
      w.doc([
        `Up to ${TURNS} blocks of the guest, so that the host’s compiler gets to replace this function by its optimised code soon: code that is`,
        'replaced in the middle of a loop is slower for good.',
      ])
      w.block('function turns(): number', () => turnsBody(w, all, inline, apart)).line()
      w.block('return function run(): number', () => {
        w.line(`let exit = ${AGAIN}`).line(`while (exit === ${AGAIN}) exit = turns()`).line('return exit')
      })
    })
    if (event) event(w.line())
    if (events) events(w.line())
  })
}

function turnsBody(
  w: TsWriter,
  all: SlottedIsa,
  inline: readonly { handler: Handler; lines: readonly string[] }[],
  apart: ReadonlySet<Handler>,
): void {
  const { isa } = all
  const width = recordWords(all)
  w.line('// Read here, and not in the loop, they are constants for the host’s compiler.').lines(LOCALS)
  w.line(`let pcLo = m[${abi.PC_LO}]!`).line(`let pcHi = m[${abi.PC_HI}]!`)
  w.line('let block = 0').line('let r = 0')
  w.block('try', () => {
    w.block(`blocks: for (let turn = 0; turn < ${TURNS}; turn++)`, () => {
      const shift = abi.jumpShift(isa.unit)
      const hash = shift === 0 ? 'pcLo' : `(pcLo >>> ${shift})`
      w.line(
        `const entry = ${literal(abi.JUMP_CACHE >> 2)} + (${hash} & ${literal(abi.JUMP_ENTRIES - 1)}) * ${abi.JUMP_WORDS}`,
      )
      w.line(`block = m[entry + ${abi.JUMP_BLOCK}]! & ${literal(WORD_MASK)}`)
      const same = `m[entry + ${abi.JUMP_PC_LO}] !== pcLo || m[entry + ${abi.JUMP_PC_HI}] !== pcHi || block === 0`
      w.line(`if (${same}) return leave(pcLo, pcHi, ${abi.EXIT_MISS})`)
      w.line(`const heat = m[block + ${abi.BLOCK_HEAT}]! - 1`)
      w.line(`m[block + ${abi.BLOCK_HEAT}] = heat`)
      w.line(`if (heat < 0) return leave(pcLo, pcHi, ${abi.EXIT_HOT})`)
      w.line(`const fuel = m[${abi.FUEL}]! - m[block + ${abi.BLOCK_COUNT}]!`)
      w.line(`if (fuel < 0) return leave(pcLo, pcHi, ${abi.EXIT_FUEL})`)
      w.line(`m[${abi.FUEL}] = fuel`)
      w.line(`r = block + ${abi.BLOCK_HEADER}`)
      w.block('for (;;)', () => {
        w.block('switch (m[r]! & 0xffff)', () => {
          w.line('// the end of the block')
          w.line(`case ${abi.HANDLER_END}:`)
          w.line(`  pcLo = m[r + ${abi.RECORD_PC_LO}]!`)
            .line(`  pcHi = m[r + ${abi.RECORD_PC_HI}]!`)
            .line('  continue blocks')
          for (const { handler, lines } of inline) {
            documentation(w, handler)
            w.block(`case ${handler.number}:`, () => w.lines(apart.has(handler) ? callLines(handler, width) : lines))
          }
        })
        w.line(`r = (r + ${width}) & ${literal(WORD_MASK)}`)
      })
    })
    w.line(`return leave(pcLo, pcHi, ${AGAIN})`)
  })
  w.block('catch (error)', () => {
    w.line('if (error !== fault) throw error')
    w.line(`return stop(block, r, ${abi.EXIT_FAULT})`)
  })
}

/** In the switch: the pc is in local variables, and the loop's end goes to the next record. */
function inSwitch(width: number): Flow {
  const poll = (exit: string): string => `if (m[${abi.LEAVE}] !== 0) return ${exit}`
  return {
    jump: (lo, hi, stored) => [
      `pcLo = ${lo}`,
      `pcHi = ${hi}`,
      ...(stored ? [poll('stopAt(block, r, pcLo, pcHi)')] : []),
      'continue blocks',
    ],
    next: (stored) => [...(stored ? [poll(`stop(block, r + ${width}, ${abi.EXIT_LEAVE})`)] : []), 'break'],
    trap: () => [`return stop(block, r, ${abi.EXIT_TRAP})`],
    attend: () => [`if (m[${abi.ATTENTION}] !== 0) return stop(block, r, ${abi.EXIT_STEP})`],
  }
}
/** In a function: where to go stands in the control block, the result says which it is. */
const inFunction: Flow = {
  jump: (lo, hi) => [`m[${abi.PC_LO}] = ${lo}`, `m[${abi.PC_HI}] = ${hi}`, `return ${JUMPED}`],
  next: () => [`return ${NEXT}`],
  trap: () => [`return ${abi.EXIT_TRAP}`],
  // Where it is called.
  attend: () => [],
}
function callLines(handler: Handler, width: number): string[] {
  const { statements } = handler.body
  const name = functionName(handler)
  const has = (kind: Stmt['kind']): boolean => contains(statements, kind)
  const flow = inSwitch(width)
  const polls = hasStore(statements)
  const next = ends(statements) ? [] : flow.next(polls)
  const [first] = statements
  const attend = first?.kind === 'effect' && first.effect === 'attend' ? flow.attend() : []
  if (!has('jump') && !has('trap')) return [...attend, `${name}(r)`, ...next]
  const taken = flow.jump(`m[${abi.PC_LO}]!`, `m[${abi.PC_HI}]!`, polls)
  const lines = [...attend, `const done = ${name}(r)`]
  if (has('trap')) lines.push(`if (done === ${abi.EXIT_TRAP}) ${flow.trap().join('; ')}`)
  if (!has('jump')) return [...lines, ...next]
  if (next.length === 0) return [...lines, ...taken]
  return [...lines, `if (done === ${JUMPED}) {`, ...taken.map((l) => `  ${l}`), '}', ...next]
}
function contains(statements: readonly Stmt[], kind: Stmt['kind']): boolean {
  return statements.some(
    (s) => s.kind === kind || (s.kind === 'if' && (contains(s.then, kind) || contains(s.otherwise, kind))),
  )
}

/** Handlers that get a function: those for a context, which are rarely used, the long ones, and then the longest until the rest and all calls are within the budget. */
function outOfLine(
  inline: readonly { handler: Handler; lines: readonly string[] }[],
  sizeOfCall: (handler: Handler) => number,
): ReadonlySet<Handler> {
  const sized = inline.map(({ handler, lines }) => ({ handler, size: sizeOf(lines) }))
  const apart = new Set(inline.map(({ handler }) => handler).filter(({ inContext }) => inContext))
  const longestFirst = sized
    .filter(({ handler }) => !apart.has(handler))
    .sort((a, b) => b.size - a.size || a.handler.number - b.handler.number)
  const calls = [...apart].reduce((sum, handler) => sum + sizeOfCall(handler), 0)
  let total = longestFirst.reduce((sum, { size }) => sum + size, calls)
  for (const { handler, size } of longestFirst) {
    if (size <= LONG && total <= BUDGET) break
    const call = sizeOfCall(handler)
    if (call >= size) continue
    apart.add(handler)
    total += call - size
  }
  return apart
}

const sizeOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.trim().length, 0)

/** Those of LOCALS that the lines use. */
function localsOf(lines: readonly string[]): string[] {
  const text = lines.join('\n')
  return LOCALS.filter((local) => new RegExp(`\\b${local.split(' ')[1]}\\b`).test(text))
}

function exitFunctions(w: TsWriter, width: number): void {
  const done = `(r - block - ${abi.BLOCK_HEADER}) / ${width}`
  w.block('function leave(lo: number, hi: number, exit: number): number', () => {
    w.line(`words[${abi.PC_LO}] = lo`).line(`words[${abi.PC_HI}] = hi`).line('return exit')
  }).line()
  w.doc(['Leaves before the record at r. The fuel of this and the following instructions is given back.'])
  w.block('function stop(block: number, r: number, exit: number): number', () => {
    w.line(`words[${abi.FUEL}] = words[${abi.FUEL}]! + words[block + ${abi.BLOCK_COUNT}]! - ${done}`)
    w.line(`return leave(words[r + ${abi.RECORD_PC_LO}]!, words[r + ${abi.RECORD_PC_HI}]!, exit)`)
  }).line()
  w.doc(['Leaves after the record at r, which jumped.'])
  w.block('function stopAt(block: number, r: number, lo: number, hi: number): number', () => {
    w.line(`words[${abi.FUEL}] = words[${abi.FUEL}]! + words[block + ${abi.BLOCK_COUNT}]! - ${done} - 1`)
    w.line(`return leave(lo, hi, ${abi.EXIT_LEAVE})`)
  }).line()
}

const functionName = (handler: Handler): string => `do_${handler.instruction.id}`

function documentation(w: TsWriter, { instruction }: Handler): void {
  const syntax = instruction.syntaxes[0]?.operands.map(partText).join('') ?? ''
  w.line(`// ${instruction.id} ${syntax}`.trimEnd())
  for (const line of instruction.doc) w.line(`// ${line}`)
}
function partText(part: Isa['instructions'][number]['syntaxes'][number]['operands'][number]): string {
  return part.kind === 'text' ? part.text : part.kind === 'hole' ? part.name : '…'
}
