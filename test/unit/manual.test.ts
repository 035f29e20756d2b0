/** `isagen docs`: the reference manual holds every instruction with its bits, flags and timing, and a map of the decode space that agrees with the encodings. */

import { describe, expect, test } from 'vitest'
import { decodeMap } from '../../generator/cli/decode-map.ts'
import { manual } from '../../generator/cli/manual.ts'
import { loadIr } from '../oracles/isas.ts'

describe.each(['mos6502', 'rv64gc', 'r3000', 'chip8', 'z80'])('%s', (name) => {
  const isa = loadIr(name)
  const page = manual(isa)

  test('has an article for each instruction, and no link without its place', () => {
    for (const { id } of isa.instructions) expect(page).toContain(`<article id="${id}">`)
    const places = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, place]) => place))
    expect([...page.matchAll(/href="#([^"]+)"/g)].filter(([, place]) => !places.has(place))).toEqual([])
    expect(places.size).toBe([...page.matchAll(/ id="/g)].length)
  })

  test('is well-formed, and needs nothing but itself', () => {
    const open: string[] = []
    for (const [, end, tag = ''] of page
      .replace(/<style>[\s\S]*<\/style>/, '')
      .matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
      if (['meta', 'br'].includes(tag)) continue
      if (end) expect(open.pop()).toBe(tag)
      else open.push(tag)
    }
    expect(open).toEqual([])
    expect(page).not.toMatch(/<script|<link|src=|https?:|undefined|\[object/)
  })
})

test('the 6502: flags and cycles of adc, a branch that takes longer', () => {
  const page = manual(loadIr('mos6502'))
  const article = (id: string): string => page.slice(page.indexOf(`<article id="${id}">`)).split('</article>')[0] ?? ''
  const adc = article('adc_zp')
  for (const flag of ['P.C', 'P.Z', 'P.N', 'P.V'])
    expect(adc).toMatch(new RegExp(`<dt>Flags</dt><dd>.*<code>${flag}</code>`))
  expect(adc).toContain('01100101')
  expect(adc).toMatch(/<dt>Cycles<\/dt><dd>.*3/)
  expect(article('bne')).toMatch(/<dt>Cycles<\/dt>/)
})

test('the map of bytes is that of the opcodes', () => {
  const isa = loadIr('mos6502')
  const { bits, cells } = decodeMap(isa)
  expect(bits).toEqual([7, 6, 5, 4, 3, 2, 1, 0])
  expect(cells.filter(({ allocated }) => allocated === 1).length).toBe(151)
  expect(cells.filter(({ allocated }) => allocated > 0 && allocated < 1)).toEqual([])
  expect(cells[0xa9]?.ids).toEqual(['lda_imm'])
  expect(cells[0x02]).toMatchObject({ ids: [], allocated: 0 })
})

test('the map of words takes the bits that tell most apart', () => {
  const { bits, cells } = decodeMap(loadIr('r3000'))
  expect(bits.slice(0, 6)).toEqual([31, 30, 29, 28, 27, 26])
  expect(cells.some(({ allocated }) => allocated > 0 && allocated < 1)).toBe(true)
})
