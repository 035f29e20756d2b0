/**
 * The reference manual of a machine as one HTML file without scripts or other files: state, map of the decode space, and of each family of instructions
 * encodings, operation, flags, timing. In: the checked machine. Out: text. Everything shown comes from the IR, so it cannot differ from what engines do.
 */

import { bodyFacts, type Place } from '../ir/facts.ts'
import type { Instruction, Isa } from '../ir/isa.ts'
import { printBody, printExpr, printSyntax } from '../ir/print.ts'
import { decodeMap, type MapCell } from './decode-map.ts'
import { manualStyle } from './manual-style.ts'

export function manual(isa: Isa): string {
  const families = new Map<string, Instruction[]>()
  for (const one of isa.instructions) families.set(familyOf(one), [...(families.get(familyOf(one)) ?? []), one])
  const contents = [...families].map(
    ([name, members]) =>
      `<li><a href="#insn-${name}">${text(name)}</a> <small>${[...new Set(members.map(mnemonic))].map(text).join(' ')}</small></li>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(isa.title || isa.name)}: reference manual</title>
<style>${manualStyle}</style>
</head>
<body>
<header>
<h1>${text(isa.title || isa.name)}</h1>
<p>${isa.instructions.length} instructions in ${families.size} families · ${isa.unit}-bit units · ${isa.endian}-endian · from ${isa.sources.map(({ file }) => `<code>${text(file)}</code>`).join(', ')}</p>
</header>
<nav><ul><li><a href="#state">State</a></li><li><a href="#map">Decode space</a></li>${contents.join('')}</ul></nav>
<main>
${stateSection(isa)}
${mapSection(isa)}
${[...families].map(([name, members]) => familySection(isa, name, members)).join('\n')}
</main>
</body>
</html>
`
}

// ---- state

function stateSection(isa: Isa): string {
  const whole = new Map(isa.views.map((view) => [view.name, view]))
  const parts = new Set(isa.views.flatMap((view) => view.parts.flatMap((p) => (p.kind === 'cell' ? [p.register] : []))))
  const registers = isa.registers
    .filter(({ name, hidden }) => !hidden && !parts.has(name))
    .map((r) => [code(r.count === undefined ? r.name : `${r.name}[${r.count}]`), `${r.width}`, text(r.names.join(' '))])
  const views = [...whole.values()].map(({ name, width, parts: cells }) => [
    code(name),
    `${width}`,
    text(
      cells
        .map((p) =>
          p.kind === 'cell' ? p.register.replace(`${name}.`, '') : p.value.toString(2).padStart(p.width, '0'),
        )
        .join(' '),
    ),
  ])
  const traps = isa.traps.map(({ name, number, params }) => [
    `${number}`,
    code(name),
    text(params.map((p) => p.name).join(', ')),
  ])
  return `<section id="state"><h2>State</h2>
${tableOf(['register', 'bits', 'names or parts'], [['<code>pc</code>', `${isa.pcWidth}`, ''], ...registers, ...views])}
${traps.length > 0 ? `<h3>Traps</h3>${tableOf(['number', 'trap', 'arguments'], traps)}` : ''}</section>`
}

// ---- decode space

function mapSection(isa: Isa): string {
  const { bits, cells } = decodeMap(isa)
  const families = new Map(isa.instructions.map((one) => [one.id, one]))
  const hex = (n: number): string => n.toString(16).toUpperCase()
  const head = Array.from(
    { length: 16 },
    (_, column) => `<th>${isa.unit === 8 ? `_${hex(column)}` : binary(column)}</th>`,
  )
  const rows = Array.from({ length: 16 }, (_, row) => {
    const shown = cells.slice(16 * row, 16 * row + 16).map((cell) => mapCell(cell, families))
    return `<tr><th>${isa.unit === 8 ? `${hex(row)}_` : binary(row)}</th>${shown.join('')}</tr>`
  })
  return `<section id="map"><h2>Decode space</h2>
<p>${isa.unit === 8 ? 'By the first byte' : `By bits ${bits.join(' ')} of the word: rows the first four, columns the others`}${isa.prefixes.length > 0 ? ', behind prefixes' : ''}.
<span class="key all">allocated</span> <span class="key part">in part</span> <span class="key reserved">reserved</span> <span class="key free">free</span></p>
<div class="wide"><table class="map"><thead><tr><th></th>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div></section>`
}

function mapCell({ ids, allocated, reserved }: MapCell, instructions: ReadonlyMap<string, Instruction>): string {
  const kind = allocated === 1 ? 'all' : allocated > 0 ? 'part' : reserved > 0 ? 'reserved' : 'free'
  const found = ids.flatMap((id) => instructions.get(id) ?? [])
  const names = [...new Map(found.map((one) => [mnemonic(one), one.id]))]
  const shown = names.slice(0, 3).map(([name, id]) => `<a href="#${id}">${text(name)}</a>`)
  const more = names.length > 3 ? `<small>+${names.length - 3}</small>` : ''
  const title = `${Math.round(100 * allocated)} % allocated${reserved > 0 ? `, ${Math.round(100 * reserved)} % reserved` : ''}`
  return `<td class="${kind}" title="${title}">${shown.join(' ')}${more}</td>`
}

// ---- instructions

function familySection(isa: Isa, name: string, members: readonly Instruction[]): string {
  const doc = members[0]?.doc ?? []
  return `<section id="insn-${name}"><h2>${text(name)}</h2>
${doc.length > 0 ? `<p>${doc.map(text).join(' ')}</p>` : ''}
${members.map((one) => instructionArticle(isa, one)).join('\n')}</section>`
}

function instructionArticle(isa: Isa, one: Instruction): string {
  const { semantics } = one
  const [own, ...aliases] = one.syntaxes
  const facts: string[][] = []
  let operation: readonly string[] = []
  if (semantics.kind === 'body') {
    const found = bodyFacts(semantics.body, isa)
    const isFlag = ({ register, index }: Place): boolean =>
      !index && isa.registers.some((r) => r.name === register && r.width === 1)
    const written = [...found.writes, ...found.maybeWrites]
    const names = (places: readonly Place[]): string =>
      places.map(({ register, index }) => code(index ? `${register}[${printExpr(index)}]` : register)).join(' ')
    const visible = (place: Place): boolean => !isa.registers.some((r) => r.name === place.register && r.hidden)
    const may = new Set(found.maybeWrites)
    const flags = written.filter(isFlag).map((place) => `${code(place.register)}${may.has(place) ? ' (may)' : ''}`)
    const counted = isa.registers.some((r) => r.hidden && r.name === 'cycles')
    const lines = printBody(semantics.body)
    const times = lines
      .filter((line) => /^\s*cycles = /.test(line))
      .map((line) => line.trim().replace(/^cycles = /, ''))
    operation = lines.filter((line) => !/^\s*cycles = /.test(line))
    facts.push(
      ['Reads', names(found.reads.filter(visible))],
      ['Writes', names(written.filter((place) => visible(place) && !isFlag(place)))],
      ['Flags', flags.join(' ')],
      [
        'Memory',
        [found.loads && 'loads', found.stores && 'stores', found.faults && 'may fault'].filter(Boolean).join(', '),
      ],
      ['Traps', found.traps ? 'yes' : ''],
      ['Goes on', found.flow === 'next' ? '' : found.flow],
      [
        'Cycles',
        counted ? times.map((time) => code(time.replace(/^\(?cycles \+ /, '+ ').replace(/\)$/, ''))).join('<br>') : '',
      ],
    )
  } else {
    facts.push(['Same as', code(semantics.target)])
    operation = Object.entries(semantics.fields).map(([field, value]) => `${field} is ${printExpr(value)}`)
  }
  const rows = facts.filter(([, value]) => value !== '')
  return `<article id="${one.id}"><h3>${code(own ? printSyntax(own) : one.id)}</h3>
${encodingTable(isa, one)}
${operation.length > 0 ? `<pre>${operation.map(text).join('\n')}</pre>` : '<p>No operation.</p>'}
${rows.length > 0 ? `<dl>${rows.map(([term, value]) => `<dt>${term}</dt><dd>${value}</dd>`).join('')}</dl>` : ''}
${aliases.length > 0 ? `<p>Also written ${aliases.map((alias) => code(printSyntax(alias))).join(', ')}.</p>` : ''}</article>`
}

/** Boxes as the manual draws them, with the numbers of their highest and lowest bits within a byte or word. */
function encodingTable({ unit }: Isa, { encoding }: Instruction): string {
  const total = 8 * encoding.length
  const word = unit === 8 ? 8 : total
  let left = total
  const boxes = encoding.drawing.map(({ width, text: content }) => {
    const high = (left - 1) % word
    left -= width
    const low = width > word ? 0 : left % word
    const top = width > word ? width - 1 : high
    const numbers = top === low ? `${top}` : `${top}…${low}`
    const kind = /^[01]+$/.test(content) ? 'fixed' : 'field'
    return `<td class="${kind}" style="width:${((100 * width) / total).toFixed(2)}%"><span>${numbers}</span>${text(content)}</td>`
  })
  return `<div class="wide"><table class="encoding"><tr>${boxes.join('')}</tr></table></div>`
}

// ---- text

/** The spec's `insn` item: its rows stand together. */
function familyOf({ family }: Instruction): string {
  return family.split(',')[0] ?? family
}
function mnemonic({ syntaxes, id }: Instruction): string {
  const [own] = syntaxes
  return own ? printSyntax({ ...own, operands: [] }) : id
}
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string => row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')
  return `<table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table>`
}
function binary(n: number): string {
  return n.toString(2).padStart(4, '0')
}
function code(content: string): string {
  return `<code>${text(content)}</code>`
}
function text(content: string): string {
  return content.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)
}
