/**
 * From parsed files to checked machines: the table of passes for one machine. Every pass reports to the session and gives what the next ones need;
 * a machine with errors gives no Isa.
 */

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Session } from '../diagnostics/session.ts'
import type { Expr } from '../ir/expr.ts'
import {
  type Instruction,
  type Isa,
  longestEncoding,
  type Memory,
  type Register,
  type Semantics,
  type Syntax,
  type View,
} from '../ir/isa.ts'
import type { Stmt } from '../ir/stmt.ts'
import { UNDEFINED, UNDEFINED_WIDTH } from '../ir/undefined.ts'
import type { SpecFile, Template } from '../syntax/ast.ts'
import { checkAmbiguous } from './ambiguous.ts'
import { layOut } from './box-layout.ts'
import { checkClauses, checkRepeated } from './clauses.ts'
import { composeMachine, composeMachines, type Machine, type PartItem } from './compose.ts'
import { checkEffects } from './effects.ts'
import { expandEncoding } from './encodings.ts'
import { elaborateEvents, surroundings } from './events.ts'
import { calledFunctions } from './functions.ts'
import { familyOf, identifiers } from './identifiers.ts'
import { elaborateInsn } from './instructions.ts'
import type { Problem } from './isa-string.ts'
import { checkOverlaps } from './overlap.ts'
import { aliasSpellings, nameForIdentifier, ownSyntax } from './own-syntax.ts'
import { viewPlace } from './places.ts'
import { elaborateContext, elaboratePrefixes } from './prefixes.ts'
import { type ItemOf, type MachineScope, report } from './scope.ts'
import { sourceOf } from './source-lines.ts'
import { declareMachine, emptyEnv } from './state.ts'
import { CYCLES_WIDTH } from './statements.ts'
import { aliasSyntaxes, delegateSemantics, draftEnv, type Named, pseudoOf, staticText } from './syntaxes.ts'
import { elaborateTests } from './tests.ts'
import { checkUncalled } from './uncalled.ts'
import { reportUnused, unusedNames } from './unused.ts'
import { elaborateVectors } from './vectors.ts'

/** Checks every `isa` of the files. */
export function check(files: readonly SpecFile[], session: Session): Isa[] {
  return composeMachines(files, session).flatMap((machine) => checkMachine(machine, session) ?? [])
}

/** Checks the one machine of this name, which may be a text that a family of the files understands; or tells why there is none. */
export function checkNamed(files: readonly SpecFile[], session: Session, name: string): readonly Isa[] | Problem {
  const machine = composeMachine(files, name, session)
  if (!machine || 'problem' in machine) return machine ?? []
  const isa = checkMachine(machine, session)
  return isa ? [isa] : []
}

function checkMachine(machine: Machine, session: Session): Isa | undefined {
  const before = session.errors
  const scope = declareMachine(machine, session)
  checkRepeated(machine, scope)
  checkClauses(machine, scope)
  const named = elaborateInstructions(machine, scope)
  checkOverlaps(
    named.map((n) => ({
      name: staticText(n.syntax.mnemonic) ?? n.id,
      span: n.draft.span,
      encoding: n.draft.layout.encoding,
      fields: n.draft.layout.fields,
      when: n.draft.when,
      where: n.draft.where,
    })),
    scope.unit,
    scope.context,
    session,
  )
  checkAmbiguous(scope, named)
  checkEffects(
    scope,
    named.map((n) => n.draft),
    memoriesOf(scope),
  )
  const aliases = itemsOf(machine, 'alias').map((item) => aliasSyntaxes(scope, item, named))
  const instructions = named.map((n) => finish(machine, scope, n, named, aliases))
  const pseudos = [...itemsOf(machine, 'pseudo'), ...itemsOf(machine, 'choice')].flatMap(
    (item) => pseudoOf(scope, item) ?? [],
  )
  const events = elaborateEvents(machine, scope)
  const reserved = itemsOf(machine, 'reserved').flatMap((item) => {
    const env = emptyEnv(scope, ['reserved'])
    const [form] = expandEncoding(env, item.enc, new Map())
    const layout = form && layOut(env, form, item.span)
    return layout ? [{ encoding: layout.encoding, text: item.text ?? '' }] : []
  })
  const registers = [
    ...scope.registers,
    ...hiddenRegisters(scope, [...bodiesOf(instructions), ...events.map((e) => e.body.statements)]),
  ]
  const prefixes = elaboratePrefixes(machine, scope)
  const longest = longestEncoding({ instructions })
  const isa: Isa = {
    name: machine.name,
    title: machine.title,
    parts: machine.parts,
    params: Object.fromEntries(scope.params),
    sources: machine.files.map((f) => ({
      file: basename(f.file),
      digest: createHash('sha256').update(f.text).digest('hex').slice(0, 16),
    })),
    unit: scope.unit,
    endian: scope.endian,
    hexPrefix: hexPrefixOf(machine),
    maxLength: prefixes.length === 0 ? longest : Math.max(longest + 1, scope.maxLength ?? longest + USUAL_PREFIXES),
    context: elaborateContext(machine, scope),
    prefixes,
    ...refetchOf(machine, scope),
    pcWidth: scope.pcWidth,
    registers,
    views: viewsOf(scope),
    memories: memoriesOf(scope),
    traps: scope.traps,
    functions: calledFunctions(scope.functions, [...bodiesOf(instructions), ...events.map((e) => e.body.statements)]),
    instructions,
    pseudos,
    reserved,
    events,
    tests: [],
    vectors: elaborateVectors(machine, scope),
    fuses: itemsOf(machine, 'fuse').map((f) => f.templates.map(templateSource)),
  }
  const unused = unusedNames(machine, scope)
  checkUncalled(machine, scope, unused)
  if (session.errors > before) return undefined
  const tests = elaborateTests(machine, scope, isa)
  reportUnused(machine, scope, named, unused)
  return session.errors > before ? undefined : { ...isa, tests }
}

function refetchOf(machine: Machine, scope: MachineScope): Pick<Isa, 'refetch'> {
  const item = itemsOf(machine, 'refetch').at(-1)
  if (!item) return {}
  const { text, span } = item.value
  scope.used.add(text)
  const fits = ({ name, width, context, count }: Register): boolean => {
    return name === text && width === 1 && context && count === undefined
  }
  if (scope.registers.some(fits) && scope.unit === 8 && itemsOf(machine, 'prefix').length === 0)
    return { refetch: text }
  report(emptyEnv(scope), 'E0602', span, `${text} does not decide how instructions are read`, {
    help: 'in units of 8 bits, without prefixes, a register does that is context: reg NAME : b1 { context NAME }',
  })
  return {}
}

/** Prefixes of an instruction, where the spec has no `maxlen`. */
const USUAL_PREFIXES = 4

export function itemsOf<K extends PartItem['kind']>(machine: Machine, kind: K): (PartItem & ItemOf<K>)[] {
  return machine.items.filter((i): i is PartItem & ItemOf<K> => i.kind === kind)
}

function elaborateInstructions(machine: Machine, scope: MachineScope): Named[] {
  const around = itemsOf(machine, 'on')
    .filter((i) => surroundings.has(i.event.text))
    .map((item) => ({ item, part: item.part, wide: item.wide || item.event.text === 'instruction' }))
  const drafts = itemsOf(machine, 'insn').flatMap((item) => elaborateInsn(scope, item, around))
  const spelled = drafts.map((draft) => ({
    draft,
    syntax: ownSyntax(scope, draft),
    aliases: aliasSpellings(scope, draft),
  }))
  const ids = identifiers(
    drafts.map((draft) => ({ draft, mnemonic: nameForIdentifier(draftEnv(scope, draft), draft.name) })),
  )
  return spelled.map((one, i) => ({ ...one, id: ids[i] as string }))
}

function finish(
  machine: Machine,
  scope: MachineScope,
  named: Named,
  all: readonly Named[],
  aliases: readonly Map<Named, Syntax>[],
): Instruction {
  const { draft } = named
  const short = draft.delegate && delegateSemantics(scope, draft, draft.delegate, all)
  const semantics: Semantics = short ?? { kind: 'body', body: draft.body ?? { locals: [], statements: [] } }
  const others = [...named.aliases, ...aliases.flatMap((a) => a.get(named) ?? [])]
  const specific = [...others].sort((a, b) => Object.keys(b.fixed).length - Object.keys(a.fixed).length)
  const rows = draft.row.sources.map((span) => sourceOf(machine.files, span).line)
  return {
    id: named.id,
    family: familyOf(draft),
    doc: draft.item.doc,
    source: { ...sourceOf(machine.files, draft.span), ...(rows.length > 1 && { rows }) },
    encoding: draft.layout.encoding,
    fields: draft.layout.fields,
    when: draft.when,
    syntaxes: [named.syntax, ...specific],
    semantics,
  }
}

/** Registers that the language brings: the cycle counter, what undefined bits are, and reservations of load-reserved. */
function hiddenRegisters({ used }: MachineScope, bodies: readonly (readonly Stmt[])[]): Register[] {
  const written = new Set(['cycles', UNDEFINED].filter((name) => used.has(name)))
  const visit = (statements: readonly Stmt[]): void => {
    for (const s of statements) {
      if (s.kind === 'write') written.add(s.register)
      else if (s.kind === 'if') {
        visit(s.then)
        visit(s.otherwise)
      }
    }
  }
  for (const statements of bodies) visit(statements)
  const widths = {
    cycles: CYCLES_WIDTH,
    [UNDEFINED]: UNDEFINED_WIDTH,
    reserved: 1,
    reserved_at: 64,
    reserved_value: 64,
  }
  return Object.entries(widths)
    .filter(([name]) => written.has(name))
    .map(([name, width]) => ({ name, width, names: [name], also: {}, reset: 0n, context: false, hidden: true }))
}

function bodiesOf(instructions: readonly Instruction[]): (readonly Stmt[])[] {
  return instructions.flatMap(({ semantics }) => (semantics.kind === 'body' ? [semantics.body.statements] : []))
}

function viewsOf(scope: MachineScope): View[] {
  const views: View[] = []
  for (const [name, global] of scope.globals) {
    if (global.kind === 'view' && global.item.params.length === 0 && global.item.is?.kind === 'value') {
      const env = emptyEnv(scope)
      const found = viewPlace(env, global.item, [], global.item.name.span)
      const bits = found.kind === 'place' && found.place.write ? found.place.read(env.code) : undefined
      const parts = bits && env.code.statements.length === 0 ? cellsOf(bits) : undefined
      if (bits && parts) views.push({ name, width: bits.width, parts })
    }
    if (global.kind !== 'register' || !global.box || global.count !== undefined) continue
    views.push({
      name,
      width: global.width,
      parts: global.box.parts.map((p) =>
        p.name === undefined
          ? { kind: 'constant', width: p.width, value: p.value ?? 0n }
          : { kind: 'cell', register: `${name}.${p.name}`, index: 0, low: 0, width: p.width },
      ),
    })
  }
  return views
}

/** Cells and constants, where a value is nothing but those side by side. */
function cellsOf(e: Expr): View['parts'] | undefined {
  if (e.kind === 'concat') {
    const parts = e.parts.map(cellsOf)
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined
  }
  if (e.kind === 'const') return [{ kind: 'constant', width: e.width, value: e.value }]
  const [from, low] = e.kind === 'slice' ? [e.a, e.low] : [e, 0]
  if (from.kind !== 'read' || (from.index && from.index.kind !== 'const')) return undefined
  const index = from.index?.kind === 'const' ? Number(from.index.value) : 0
  return [{ kind: 'cell', register: from.register, index, low, width: e.width }]
}

/** A small address space is all there: no access to it can fault. */
const ALWAYS_MAPPED_BITS = 24
function memoriesOf(scope: MachineScope): Memory[] {
  return [...scope.globals].flatMap(([name, global]) =>
    global.kind === 'memory'
      ? [{ name, addressWidth: global.addressWidth, faults: global.addressWidth > ALWAYS_MAPPED_BITS }]
      : [],
  )
}

function hexPrefixOf(machine: Machine): '0x' | '$' {
  return machine.items.some((i) => i.kind === 'hex' && i.prefix === '$') ? '$' : '0x'
}
function templateSource(template: Template): string {
  return template.parts.map((p) => (p.kind === 'text' ? p.text : '{…}')).join('')
}
