/** meets(address, size), which compiled units and the interpreter in Wasm ask before a store to a page with code: against the rule a byte at a time. */

import { expect, test } from 'vitest'
import { CODE_MAP, granuleShift, PAGE_CODE, PAGE_READ, PAGE_WRITE, PAGES, pageShift } from '../../runtime/abi.ts'
import { storeCheck, storeCheckModule } from '../../runtime/jit/store-check.ts'
import { createLinearMemory } from '../../runtime/linear-memory.ts'
import { loadGuest } from '../oracles/isas.ts'
import { random } from './random.ts'

test.each([16, 20, 24, 32, 64])('addresses of %i bits: what the map and the pages say', (addressWidth) => {
  const shifts = { pageShift: pageShift(addressWidth), granuleShift: granuleShift(addressWidth) }
  const { wasm, buffer } = createLinearMemory(0x10000)
  // The engine knows of no code at addresses whose second bit is set.
  const asked = new Set<number>()
  const meets = storeCheck(wasm!, shifts, (address) => {
    asked.add(address)
    return (address & 2) === 0 ? 1 : 0
  })
  const { below } = random(addressWidth)
  const [pages, map] = [new Uint8Array(buffer, PAGES), new Uint8Array(buffer, CODE_MAP)]
  const size = 4 << shifts.pageShift
  pages.set([PAGE_READ | PAGE_WRITE | PAGE_CODE, PAGE_WRITE | PAGE_CODE, PAGE_READ | PAGE_CODE, PAGE_WRITE | PAGE_CODE])
  for (let granule = 0; granule < size >>> shifts.granuleShift; granule++)
    if (below(5) === 0) map[granule >> 3]! |= 1 << (granule & 7)
  const isFree = (at: number): boolean => {
    const granule = at >>> shifts.granuleShift
    return (pages[at >>> shifts.pageShift]! & PAGE_WRITE) !== 0 && (map[granule >> 3]! & (1 << (granule & 7))) === 0
  }
  const seen = { free: 0, met: 0 }
  for (let address = 0; address < size; address++) {
    for (const bytes of [1, 2, 3, 4, 8, 16]) {
      const all = Array.from({ length: bytes }, (_, at) => address + at)
      const crosses = address >>> shifts.pageShift !== (address + bytes - 1) >>> shifts.pageShift
      const mayWrite = all.every((at) => (pages[at >>> shifts.pageShift]! & PAGE_WRITE) !== 0)
      const hasCode = !all.every(isFree)
      asked.clear()
      const allowed = !crosses && mayWrite && (!hasCode || (address & 2) !== 0)
      if ((meets(address, bytes) === 0) !== allowed)
        expect.fail(
          `meets(${address}, ${bytes}) is ${meets(address, bytes)}, but a store is ${allowed ? '' : 'not '}free`,
        )
      expect(asked.has(address)).toBe(!crosses && mayWrite && hasCode)
      seen[allowed ? 'free' : 'met']++
    }
  }
  expect(Math.min(seen.free, seen.met)).toBeGreaterThan(100)
})

test('the interpreter in Wasm imports it, and has none of its own', async () => {
  const module = new WebAssembly.Module(storeCheckModule(2, { pageShift: 12, granuleShift: 6 }) as BufferSource)
  expect(WebAssembly.Module.exports(module)).toEqual([{ name: 'meets', kind: 'function' }])
  const { wasmInterpreter } = await loadGuest('mos6502')
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(Buffer.from(wasmInterpreter!, 'base64')))
  expect(imports.map(({ module, name }) => `${module}.${name}`).slice(0, 3)).toEqual(['m.m', 'm.enter', 'm.meets'])
})
