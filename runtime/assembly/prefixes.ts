/**
 * Prefixes before an instruction: what those at hand say (disassembler), and which may stand before what was written (assembler). In: the table's prefixes and
 * context. Out: leads, the bytes of prefixes with the context that they make, which joins the instruction's fields as `@NAME`.
 */

import { isWord } from './expression.ts'
import type { AssemblyTable, Fields, Prefix } from './table.ts'

export interface Lead {
  readonly bytes: readonly number[]
  /** The decode context behind them. */
  readonly context: Fields
}

/** The prefixes at bytes[at], and the words that they are written with. */
export function readLead(
  table: AssemblyTable,
  bytes: Uint8Array,
  at: number,
): Lead & { readonly words: readonly string[] } {
  const { prefixes } = table
  let context = table.context ?? {}
  if (!prefixes) return { bytes: [], context, words: [] }
  const found: number[] = []
  const words: string[] = []
  while (found.length < prefixes.most) {
    const byte = bytes[at + found.length] ?? 0
    const prefix = prefixes.each.find(({ mask, value }) => (byte & mask) === value)
    if (!prefix) break
    context = after(prefix, byte, context)
    found.push(byte)
    if (prefix.word !== undefined) words.push(prefix.word)
    if (prefix.last) break
  }
  return { bytes: found, context, words }
}

/** The words of prefixes at the start of a line, and where the instruction begins. */
export function leadingWords(
  table: AssemblyTable,
  line: string,
  start: number,
): { readonly prefixes: readonly Prefix[]; readonly at: number } {
  const found: Prefix[] = []
  let at = start
  for (;;) {
    const prefix = table.prefixes?.each.find(({ word }) => {
      if (word === undefined || line.slice(at, at + word.length).toLowerCase() !== word.toLowerCase()) return false
      const end = line.slice(at + word.length)
      return !isWord(end.charAt(0)) && end.trim() !== ''
    })
    if (!prefix || found.length === table.prefixes?.most) return { prefixes: found, at }
    found.push(prefix)
    at += (prefix.word ?? '').length
    while (/\s/.test(line.charAt(at))) at++
  }
}

const known = new WeakMap<AssemblyTable, readonly Lead[]>()
/** What may stand before an instruction without being written: nothing, or one prefix whose work its operands show. */
function silentLeads(table: AssemblyTable): readonly Lead[] {
  const before = known.get(table)
  if (before) return before
  const context = table.context ?? {}
  const each = (table.prefixes?.each ?? []).filter(({ word }) => word === undefined)
  const leads: Lead[] = [{ bytes: [], context }]
  for (const prefix of each) {
    for (let byte = 0; byte < 256; byte++) {
      if ((byte & prefix.mask) === prefix.value) leads.push({ bytes: [byte], context: after(prefix, byte, context) })
    }
  }
  known.set(table, leads)
  return leads
}

/** Leads that begin with the prefixes that were written, shortest first. */
export function leadsFor(table: AssemblyTable, written: readonly Prefix[]): readonly Lead[] {
  return silentLeads(table).map((lead) => {
    let { context } = lead
    for (const prefix of written) context = after(prefix, prefix.value, context)
    return written.length === 0 ? lead : { bytes: [...lead.bytes, ...written.map(({ value }) => value)], context }
  })
}

function after(prefix: Prefix, byte: number, before: Fields): Fields {
  const fields: Record<string, bigint> = { ...before }
  for (const [name, [low, width]] of Object.entries(prefix.fields))
    fields[name] = BigInt((byte >> low) & ((1 << width) - 1))
  const context: Record<string, bigint> = { ...before }
  for (const [name, value] of Object.entries(prefix.sets)) context[name] = value(fields, { pc: 0n, next: 0n })
  return context
}
