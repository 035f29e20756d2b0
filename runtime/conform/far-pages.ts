/**
 * Memory of single-step tests beyond what the runner's machine has: corpora for machines with 32-bit addresses name bytes anywhere. In: the bytes a case
 * names. Each page that holds one gets a place in linear memory behind the guest's own; the slow paths of generated code (InterpreterHost) find it there.
 * Compiled code leaves to the interpreter for them, as for any page that it may not touch.
 */

const PAGE_SHIFT = 12
const PAGE = 1 << PAGE_SHIFT
/** Pages that one case may name. */
const COUNT = 64
export const FAR_BYTES = COUNT * PAGE

export class FarPages {
  readonly #bytes: Uint8Array
  readonly #start: number
  /** By page number: its place. */
  readonly #places = new Map<number, number>()

  /** The room begins at byte `start` of linear memory and is FAR_BYTES long. */
  constructor(buffer: ArrayBuffer, start: number) {
    this.#bytes = new Uint8Array(buffer, start, FAR_BYTES)
    this.#start = start
  }

  /** Its page is there from now on, with zeros: gives its place. Throws a RangeError when there is no room for more pages. */
  touch(address: number): number {
    const page = address >>> PAGE_SHIFT
    const place = this.#places.get(page) ?? this.#places.size
    if (place >= COUNT) throw new RangeError(`a test names more than ${COUNT} pages of memory`)
    this.#places.set(page, place)
    return place
  }

  set(address: number, byte: number): void {
    this.#bytes[this.touch(address) * PAGE + (address & (PAGE - 1))] = byte
  }

  /** Where the bytes lie in linear memory; undefined where no page of theirs was named. An access within one page only. */
  find(address: number, size: number): number | undefined {
    const place = this.#places.get(address >>> PAGE_SHIFT)
    const at = address & (PAGE - 1)
    return place === undefined || at + size > PAGE ? undefined : this.#start + place * PAGE + at
  }

  /** What is not 0. */
  *contents(): Iterable<readonly [address: number, byte: number]> {
    for (const [page, place] of this.#places) {
      for (let at = 0; at < PAGE; at++) {
        const byte = this.#bytes[place * PAGE + at]!
        if (byte !== 0) yield [page * PAGE + at, byte]
      }
    }
  }

  clear(): void {
    this.#bytes.fill(0, 0, this.#places.size * PAGE)
    this.#places.clear()
  }
}
