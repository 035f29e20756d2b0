/**
 * Whether this host rounds a product and a sum once, as the library's second form needs it (Library.fusing): `relaxed_madd` of WebAssembly's Relaxed SIMD may do so or not, and
 * does either always. V8 has it from version 11.4 on unasked, and rounds once where the processor does.
 */

/** Of doubles, 'f64', and of singles, 'f32': (a, b, c) → a * b + c, by relaxed_madd in all lanes of a vector. */
const PROBE =
  'AGFzbQEAAAABDwJgA3x8fAF8YAN9fX0BfQMDAgABBw0CA2Y2NAAAA2YzMgABCisCFAAgAP0UIAH9FCAC/RT9hwL9IQALFAAgAP0TIAH9EyAC/RP9hQL9HwAL'

type MulAdd = (a: number, b: number, c: number) => number
let known: boolean | undefined

export function fuses(): boolean {
  known ??= probe()
  return known
}

function probe(): boolean {
  const bytes = Uint8Array.from(atob(PROBE), (char) => char.charCodeAt(0))
  if (!WebAssembly.validate(bytes)) return false
  const { f64, f32 } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Record<'f64' | 'f32', MulAdd>
  // What the product loses when it is rounded first.
  const [double, single] = [1 + 2 ** -30, 1 + 2 ** -12]
  return f64(double, double, -(1 + 2 ** -29)) === 2 ** -60 && f32(single, single, -(1 + 2 ** -11)) === 2 ** -24
}
