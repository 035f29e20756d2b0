/**
 * Numbers that bodies of compiled functions call other functions by, before they are part of a module: go(fuel, depth, expected, slot) and meets(address, size), the
 * unit's own, and far behind those of the library. A module imports only what of the library it calls, because hosts compile a wrapper for each type of an import, in each
 * module anew (V8: 0.2 ms and some 200 bytes that stay), and in the module imports come before what is its own: `linked` gives numbers there, `unlinked` leads back.
 */

export const GO_FUNCTION = 0
export const MEETS_FUNCTION = 1
export const FIRST_OWN_FUNCTION = 2
/** More functions than a module may have (1,000,000 in V8) come before. */
export const FIRST_LIBRARY_FUNCTION = 1 << 20

/** For a module that imports these functions of the library, in this order. Both leave `go` and `meets` alone. */
export function linked(imported: readonly number[]): (index: number) => number {
  const places = new Map(imported.map((number, at) => [FIRST_LIBRARY_FUNCTION + number, FIRST_OWN_FUNCTION + at]))
  return (index) => (index < FIRST_OWN_FUNCTION ? index : (places.get(index) ?? index + imported.length))
}

export function unlinked(imported: readonly number[]): (index: number) => number {
  return (index) => {
    if (index < FIRST_OWN_FUNCTION) return index
    const number = imported[index - FIRST_OWN_FUNCTION]
    return number === undefined ? index - imported.length : FIRST_LIBRARY_FUNCTION + number
  }
}
