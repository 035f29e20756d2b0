/** A growing buffer of bytes with the number formats of the Wasm binary format (LEB128). */

export class ByteWriter {
  #bytes: Uint8Array
  length = 0

  constructor(capacity = 1 << 12) {
    this.#bytes = new Uint8Array(capacity)
  }

  clear(): void {
    this.length = 0
  }

  /** A view; valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  u8(a: number): void {
    if (this.length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.length++] = a
  }

  u8x2(a: number, b: number): void {
    if (this.length + 2 > this.#bytes.length) this.#grow(2)
    this.#bytes[this.length++] = a
    this.#bytes[this.length++] = b
  }

  u8x3(a: number, b: number, c: number): void {
    if (this.length + 3 > this.#bytes.length) this.#grow(3)
    this.#bytes[this.length++] = a
    this.#bytes[this.length++] = b
    this.#bytes[this.length++] = c
  }

  u8x4(a: number, b: number, c: number, d: number): void {
    if (this.length + 4 > this.#bytes.length) this.#grow(4)
    this.#bytes[this.length++] = a
    this.#bytes[this.length++] = b
    this.#bytes[this.length++] = c
    this.#bytes[this.length++] = d
  }

  latin1(text: string): void {
    if (this.length + text.length > this.#bytes.length) this.#grow(text.length)
    for (let at = 0; at < text.length; at++) this.#bytes[this.length++] = text.charCodeAt(at)
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Unsigned LEB128 of a number below 2^32. */
  u32(value: number): void {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.u8(rest)
  }

  /** Signed LEB128 of an int32. */
  s32(value: number): void {
    let rest = value | 0
    while (rest < -64 || rest > 63) {
      this.u8((rest & 0x7f) | 0x80)
      rest >>= 7
    }
    this.u8(rest & 0x7f)
  }

  /** Signed LEB128 of an int64 given as its halves. */
  s64(lo: number, hi: number): void {
    let low = lo | 0
    let high = hi | 0
    while (high !== low >> 31 || low < -64 || low > 63) {
      this.u8((low & 0x7f) | 0x80)
      low = (low >>> 7) | (high << 25)
      high >>= 7
    }
    this.u8(low & 0x7f)
  }

  #grow(more: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more))
    bytes.set(this.#bytes)
    this.#bytes = bytes
  }
}
