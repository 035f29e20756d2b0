/**
 * Artefacts templates.ts and templates.wat: how each handler is written as Wasm when a block is compiled.
 *
 * In: an isa. The module of template-module.ts is assembled and validated by wabt, its code read back and cut at the
 * holes; each function becomes a TypeScript function that writes the bytes between the holes and calls the
 * TemplateWriter (runtime/abi.ts) at them. What depends on the instruction at hand (a register's word, an immediate, a
 * jump's target) is computed there from the record.
 */

import { RECORD_HANDLER, RECORD_PC_HI, RECORD_PC_LO, RECORD_SLOTS } from '../../runtime/abi.ts'
import type { Isa } from '../ir/isa.ts'
import type { Handler } from '../ir/slots.ts'
import type { Hole, NamedHole, RegisterWord } from './template-holes.ts'
import { comments, moduleText, templateModule } from './template-module.ts'
import { type HelperName, helperTexts } from './ts-arithmetic.ts'
import { clean, cleanWord, code } from './ts-code.ts'
import { Lines } from './ts-lines.ts'
import { type Leaves, toPair, type Value, word, words } from './ts-value.ts'
import { Values } from './ts-values.ts'
import { assembleWat } from './wabt.ts'
import { type CodePiece, readCodeBodies } from './wasm-reader.ts'
import { printWat } from './wat.ts'

/** Artefact templates.wat: the same module for readers, without its banner. */
export function emitTemplatesWat(isa: Isa): string {
  return moduleText(templateModule(isa), 'read')
}

/** Lines of one instruction's template, for `isagen explain`. */
export function templateText(isa: Isa, id: string): string[] {
  const template = templateModule(isa).templates.find(({ handler }) => handler.instruction.id === id)
  if (!template) return []
  return [...comments(template).map((line) => `;; ${line}`), ...template.statements.flatMap((wat) => printWat(wat))]
}

/** Artefact templates.ts, without its banner. */
export async function emitTemplates(isa: Isa): Promise<string> {
  const module = templateModule(isa)
  const binary = await assembleWat(`${isa.name}.wat`, moduleText(module, 'assemble'))
  const bodies = readCodeBodies(binary, module.holes.length)
  const helpers = new Set<HelperName>()
  const functions = module.templates.map((template, i) => {
    const lines = new TemplateFunction(isa, template.handler, module.holes, helpers).write(bodies[i] ?? [])
    const comment = `/** ${comments(template).join('. ').replaceAll('*/', '* /')} */`
    const name = `template_${template.handler.instruction.id}`
    const body = lines.map((line) => `  ${line}`)
    return [comment, `const ${name}: Template = (w, words, record) => {`, ...body, '}'].join('\n')
  })
  const names = module.templates.map(({ handler }) => `  template_${handler.instruction.id},`)
  const text = functions.join('\n\n')
  const constants = ['EMPTY', 'I32', 'I64'].filter((name) => new RegExp(`\\b${name}\\b`).test(text))
  return `${[
    `import { ${[...constants, 'type Template'].join(', ')} } from 'isagen/runtime/abi'`,
    ...helperTexts(helpers),
    text,
    `/** By handler − HANDLER_FIRST. */\nexport const templates: readonly Template[] = [\n${names.join('\n')}\n]`,
    `/** Scratch locals that templates use. */\nexport const scratch = { i32: ${module.scratch.i32}, i64: ${module.scratch.i64} }`,
  ].join('\n\n')}\n`
}

/** Writes the TypeScript of one template. */
class TemplateFunction {
  readonly #isa: Isa
  readonly #handler: Handler
  readonly #holes: readonly NamedHole[]
  readonly #lines: Lines
  readonly #values: Values
  /** What the record holds, bound to names before all else; by what it is. */
  readonly #record = new Map<string, { readonly name: string; readonly text: string }>()

  constructor(isa: Isa, handler: Handler, holes: readonly NamedHole[], helpers: Set<HelperName>) {
    this.#isa = isa
    this.#handler = handler
    this.#holes = holes
    this.#lines = new Lines(helpers, ['w', 'words', 'record', 'high', 'Template', 'I32', 'I64', 'EMPTY', 'Math'])
    this.#values = new Values(this.#leaves(), this.#lines)
  }

  write(pieces: readonly CodePiece[]): string[] {
    const end = this.#pieces(pieces, 0)
    if (end !== pieces.length) throw new Error(`isagen internal: template ${this.#handler.instruction.id} has no end`)
    const record = [...this.#record.values()].map(({ name, text }) => `const ${name} = ${text}`)
    return [...record, ...this.#lines.lines]
  }

  /** Writes pieces from `at` up to the `else` or `end` that closes them; gives its place. */
  #pieces(pieces: readonly CodePiece[], at: number): number {
    for (;;) {
      const piece = pieces[at]
      if (!piece || piece.kind === 'else' || piece.kind === 'end') return at
      at++
      if (piece.kind === 'bytes') this.#bytes(piece.bytes)
      else if (piece.kind === 'if') {
        this.#lines.push(`w.if(${piece.type === 0x40 ? 'EMPTY' : piece.type === 0x7f ? 'I32' : 'I64'})`)
        at = this.#pieces(pieces, at)
        if (pieces[at]?.kind === 'else') {
          this.#lines.push('w.else()')
          at = this.#pieces(pieces, at + 1)
        }
        this.#lines.push('w.end()')
        at++
      } else {
        const named = this.#holes[piece.hole]
        if (!named) throw new Error(`isagen internal: no hole ${piece.hole}`)
        if (named.hole.kind === 'when') at = this.#when(named.hole, pieces, at)
        else this.#hole(named.hole)
      }
    }
  }

  /** An `if` that is decided while translating; `at` is that of the `if` itself. */
  #when({ cond }: Hole & { kind: 'when' }, pieces: readonly CodePiece[], at: number): number {
    if (pieces[at]?.kind !== 'if') throw new Error('isagen internal: a decided condition without its if')
    const decided = this.#values.condition(cond)
    const then = this.#lines.nested(() => this.#pieces(pieces, at + 1))
    let end = then.result
    let otherwise: readonly string[] = []
    if (pieces[end]?.kind === 'else') {
      const arm = this.#lines.nested(() => this.#pieces(pieces, end + 1))
      otherwise = arm.lines
      end = arm.result
    }
    this.#lines.pushIf(decided, then.lines, otherwise)
    return end + 1
  }

  #bytes(bytes: readonly number[]): void {
    const hex = (byte: number): string => byte.toString(16).padStart(2, '0')
    if (bytes.length <= 4) {
      this.#lines.push(`w.code${bytes.length}(${bytes.map((byte) => `0x${hex(byte)}`).join(', ')})`)
    } else this.#lines.push(`w.code('${bytes.map((byte) => `\\x${hex(byte)}`).join('')}')`)
  }

  #hole(hole: Exclude<Hole, { kind: 'when' }>): void {
    this.#lines.push(this.#call(hole))
  }
  #call(hole: Exclude<Hole, { kind: 'when' }>): string {
    switch (hole.kind) {
      case 'get':
      case 'set':
        return `w.${hole.kind}${hole.type.slice(1)}(${this.#word(hole.word)})`
      case 'known': {
        const value = this.#values.value(hole.value)
        if (hole.type === 'i32' && value.kind === 'word') return `w.i32(${clean(value).text})`
        return `w.i64(${halves(value)})`
      }
      case 'load':
        return `w.load${this.#access(hole)}, ${hole.signed})`
      case 'store':
        return `w.store${this.#access(hole)})`
      case 'step':
        return 'w.step()'
      case 'jump':
        return `w.jump(${halves(this.#values.value(hole.target))}, '${hole.hint}')`
      case 'jumpTo':
        return `w.jumpTo('${hole.hint}')`
      case 'call':
        return `w.call(${hole.number}) // ${hole.name}`
    }
  }

  #access({ address, size, type }: Hole & { kind: 'load' | 'store' }): string {
    const rest = `${size}, ${type.toUpperCase()}`
    if (typeof address === 'string') return `(${rest}`
    return `At(${this.#word(address.base)}, ${halves(this.#values.value(address.offset))}, ${rest}`
  }
  #word(word: RegisterWord): string {
    return word.kind === 'word' ? `${word.word}` : this.#slot(word.slot)
  }
  #slot(slot: number): string {
    const hint = this.#handler.slots[slot]?.name ?? 'slot'
    return this.#bound(`slot ${slot}`, hint, `words[record + ${RECORD_SLOTS + slot}]!`)
  }
  #bound(key: string, hint: string, text: string): string {
    let found = this.#record.get(key)
    if (!found) this.#record.set(key, (found = { name: this.#lines.fresh(hint), text }))
    return found.name
  }

  #leaves(): Leaves {
    const absent = (what: string) => (): never => {
      throw new Error(`isagen internal: ${what} in a value known at translation time`)
    }
    return {
      slot: (slot, width) => word(cleanWord(code(this.#slot(slot)), width)),
      pc: (which) => (which === 'pc' ? this.#pc() : this.#next()),
      field: absent('a field'),
      local: absent('a local'),
      read: absent('a register'),
      load: absent('a load'),
    }
  }
  #pc(): Value {
    const lo = this.#bound('pcLo', this.#isa.pcWidth > 32 ? 'pcLo' : 'pc', `words[record + ${RECORD_PC_LO}]!`)
    return this.#address(lo, () => this.#bound('pcHi', 'pcHi', `words[record + ${RECORD_PC_HI}]!`))
  }
  /** pc and the length that the record gives, modulo the address space. */
  #next(): Value {
    const { pcWidth } = this.#isa
    const length = this.#bound('length', 'length', `(words[record + ${RECORD_HANDLER}]! >>> 16) & 0xff`)
    const pc = toPair(this.#pc())
    const sum = `${pc.lo.text} + ${length}`
    if (pcWidth < 32) {
      return this.#address(this.#bound('next', 'next', `(${sum}) & 0x${(2 ** pcWidth - 1).toString(16)}`), () => '0')
    }
    const lo = this.#bound('nextLo', pcWidth > 32 ? 'nextLo' : 'next', `(${sum}) | 0`)
    const carried = `${lo} >>> 0 < ${length} ? (${pc.hi.text} + 1) | 0 : ${pc.hi.text}`
    return this.#address(lo, () => this.#bound('nextHi', 'nextHi', carried))
  }
  #address(lo: string, hi: () => string): Value {
    const { pcWidth } = this.#isa
    if (pcWidth <= 32) return word(cleanWord(code(lo), pcWidth))
    return words(cleanWord(code(lo), 32), cleanWord(code(hi()), pcWidth - 32))
  }
}

function halves(value: Value): string {
  const { lo, hi } = toPair(value)
  return `${clean(lo).text}, ${clean(hi).text}`
}
