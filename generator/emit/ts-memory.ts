/** `readAt` and `writeAt` of generated TypeScript: accesses of guest memory that the page test in a body did not let pass (ts-body.ts). */

import * as abi from '../../runtime/abi.ts'
import type { Isa } from '../ir/isa.ts'
import { literal } from './ts-code.ts'
import type { TsWriter } from './writer.ts'

/** They find `octets` and `host` around them. */
export function accessFunctions(w: TsWriter, isa: Isa): void {
  const [memory] = isa.memories
  if (!memory) return
  const size = 2 ** abi.pageShift(memory.addressWidth)
  const define = (name: string, slow: string, bit: number): void => {
    w.block(`function ${name}(lo: number, hi: number, size: number): number`, () => {
      const inside = `(lo & ${literal(size - 1)}) <= ${literal(size)} - size`
      const page = `(octets[${literal(abi.PAGES)} + (lo >>> ${abi.pageShift(memory.addressWidth)})]! & ${bit}) !== 0`
      w.line(`if (hi === 0 && ${inside} && ${page}) return (lo + ${literal(abi.GUEST)}) >>> 0`)
      w.line(`return host.${slow}(lo, hi, size)`)
    }).line()
  }
  w.line(
    '// Accesses that the page test in a handler did not let pass: the last page of a region, faults, pages with translated code.',
  ).line()
  if (memory.faults) define('readAt', 'slowRead', abi.PAGE_READ)
  define('writeAt', 'slowWrite', abi.PAGE_FAST_WRITE)
}
