/** read, write and their kin: bytes between descriptors and guest memory. */

import { int, pair, signed, word } from '../arguments.ts'
import { type Description, O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../descriptors.ts'
import { EBADF, EINVAL, EISDIR, EPIPE, ESPIPE, fail, LinuxError } from '../errno.ts'
import type { OpenFile } from '../host.ts'
import type { Answer, Handler, Kernel, Wait } from '../kernel.ts'
import { fromSelf, post, SI_USER, SIGPIPE } from '../signals.ts'

/** A transfer goes through the host in pieces of at most this size. */
const CHUNK = 1 << 20
/** Linux transfers at most so much at once (MAX_RW_COUNT). */
const MAX_TRANSFER = 0x7ffff000
const MAX_VECTORS = 1024

export const read: Handler = (kernel, [fd, buffer, count]) => {
  const file = forReading(kernel, int(fd))
  return inTime(kernel, file, [{ address: word(buffer), length: word(count) }], readPiece)
}

export const write: Handler = (kernel, [fd, buffer, count]) => {
  const file = forWriting(kernel, int(fd))
  return inTime(kernel, file, [{ address: word(buffer), length: word(count) }], writePiece)
}

export const readv: Handler = (kernel, [fd, vector, count]) =>
  inTime(kernel, forReading(kernel, int(fd)), vectors(kernel, vector, count), readPiece)

export const writev: Handler = (kernel, [fd, vector, count]) =>
  inTime(kernel, forWriting(kernel, int(fd)), vectors(kernel, vector, count), writePiece)

/** As transfer; a stream that is not ready is waited for, unless it was opened with O_NONBLOCK. */
function inTime(kernel: Kernel, stream: Stream, pieces: readonly Piece[], direction: Direction): Answer | Wait {
  const wanted = direction === readPiece ? 'read' : 'write'
  const ready = (): boolean => stream.file.ready?.()[wanted] ?? true
  if (ready() || stream.flags & O_NONBLOCK) return transfer(kernel, stream, pieces, direction)
  const poll = (): number | undefined => (ready() ? transfer(kernel, stream, pieces, direction) : undefined)
  return { kind: 'wait', poll, late: 0, restarts: true }
}

export const pread64: Handler = (kernel, [fd, buffer, count, low, high]) => {
  const file = at(forReading(kernel, int(fd)), position(kernel, low, high))
  return transfer(kernel, file, [{ address: word(buffer), length: word(count) }], readPiece)
}

export const pwrite64: Handler = (kernel, [fd, buffer, count, low, high]) => {
  const file = at(forWriting(kernel, int(fd)), position(kernel, low, high))
  return transfer(kernel, file, [{ address: word(buffer), length: word(count) }], writePiece)
}

/** The position is in two words for every word size: low, high. */
export const preadv: Handler = (kernel, [fd, vector, count, low, high]) => {
  const file = at(forReading(kernel, int(fd)), position(kernel, low, high))
  return transfer(kernel, file, vectors(kernel, vector, count), readPiece)
}

export const pwritev: Handler = (kernel, [fd, vector, count, low, high]) => {
  const file = at(forWriting(kernel, int(fd)), position(kernel, low, high))
  return transfer(kernel, file, vectors(kernel, vector, count), writePiece)
}

export const lseek: Handler = (kernel, [fd, offset, whence]) =>
  seek(kernel.descriptors.get(int(fd)), signed(offset), int(whence))

/** 32-bit: the offset in two registers, high half first; the result goes to memory. */
export const llseek: Handler = (kernel, [fd, high, low, result, whence]) => {
  const position = seek(kernel.descriptors.get(int(fd)), pair(low, high), int(whence))
  kernel.memory.setU64(word(result), BigInt(position))
  return 0
}

export const sendfile: Handler = (kernel, [to, from, offset, count]) => {
  const input = forReading(kernel, int(from))
  const output = forWriting(kernel, int(to))
  const own = offset === 0n
  // The offset is a loff_t for sendfile64 and on 64-bit architectures: always 8 bytes here.
  const source = own ? input : at(input, Number(kernel.memory.i64(word(offset))))
  const buffer = new Uint8Array(Math.min(word(count), CHUNK))
  let done = 0
  while (done < word(count)) {
    const got = readPiece(kernel, source, buffer.subarray(0, Math.min(buffer.length, word(count) - done)))
    if (got === 0) break
    for (let sent = 0; sent < got; ) sent += writePiece(kernel, output, buffer.subarray(sent, got))
    done += got
  }
  if (!own) kernel.memory.setU64(word(offset), BigInt(source.position))
  return done
}

export const fsync: Handler = (kernel, [fd]) => {
  kernel.descriptors.get(int(fd)).file?.sync?.()
  return 0
}

/** A description that has a file, or the same file at a position of its own (pread and its kin). */
interface Stream {
  readonly file: OpenFile
  readonly path: string
  readonly flags: number
  position: number
}

export function forReading(kernel: Kernel, fd: number): Stream {
  return withFile(kernel, fd, O_WRONLY)
}

export function forWriting(kernel: Kernel, fd: number): Stream {
  return withFile(kernel, fd, O_RDONLY)
}

/** `forbidden`: the one access mode that does not do. */
function withFile(kernel: Kernel, fd: number, forbidden: number): Stream {
  const description = kernel.descriptors.get(fd)
  if ((description.flags & O_ACCMODE) === forbidden) fail(EBADF)
  if (!hasFile(description)) return fail(EISDIR)
  return description
}

function hasFile(description: Description): description is Description & Stream {
  return description.file !== undefined
}

/** The same file at a position of its own; the description's stays. */
function at(description: Stream, position: number): Stream {
  if (!description.file.seekable) fail(ESPIPE)
  if (position < 0) fail(EINVAL)
  return { file: description.file, path: description.path, flags: description.flags, position }
}

function position(kernel: Kernel, low: bigint, high: bigint): number {
  return kernel.arch.bits === 64 ? signed(low) : pair(low, high)
}

interface Piece {
  readonly address: number
  readonly length: number
}

/** struct iovec: base, length. */
function vectors(kernel: Kernel, vector: bigint, count: bigint): readonly Piece[] {
  if (int(count) < 0 || int(count) > MAX_VECTORS) fail(EINVAL)
  const size = kernel.memory.wordBytes
  return Array.from({ length: int(count) }, (_, i) => ({
    address: kernel.memory.word(word(vector) + 2 * i * size),
    length: kernel.memory.word(word(vector) + (2 * i + 1) * size),
  }))
}

type Direction = (kernel: Kernel, stream: Stream, bytes: Uint8Array) => number

function readPiece(_kernel: Kernel, stream: Stream, bytes: Uint8Array): number {
  const count = stream.file.read(bytes, stream.position)
  if (stream.file.seekable) stream.position += count
  return count
}

function writePiece(kernel: Kernel, stream: Stream, bytes: Uint8Array): number {
  try {
    if (stream.file.seekable && stream.flags & O_APPEND) stream.position = stream.file.stat().size
    const count = stream.file.write(bytes, stream.position)
    if (stream.file.seekable) stream.position += count
    return count
  } catch (error) {
    if (error instanceof LinuxError && error.errno === EPIPE)
      post(kernel, fromSelf(kernel, SIGPIPE, SI_USER), kernel.thread)
    throw error
  }
}

/** Moves the pieces until one is not done whole; an error after the first byte is kept for the next call. */
function transfer(kernel: Kernel, stream: Stream, pieces: readonly Piece[], direction: Direction): number {
  const check = direction === readPiece ? 'checkWritable' : 'readable'
  for (const { address, length } of pieces) kernel.memory[check](address, Math.min(length, MAX_TRANSFER))
  let done = 0
  try {
    for (const piece of pieces) {
      let moved = 0
      while (moved < Math.min(piece.length, MAX_TRANSFER)) {
        const length = Math.min(piece.length - moved, CHUNK)
        const count = movePiece(kernel, stream, { address: piece.address + moved, length }, direction)
        moved += count
        done += count
        if (count < length) return done
      }
    }
  } catch (error) {
    if (done === 0 || !(error instanceof LinuxError)) throw error
  }
  return done
}

function movePiece(kernel: Kernel, stream: Stream, { address, length }: Piece, direction: Direction): number {
  if (direction === writePiece) return writePiece(kernel, stream, kernel.memory.readable(address, length))
  return readPiece(kernel, stream, kernel.memory.guest.writable(address, length))
}

const SEEK_SET = 0
const SEEK_CUR = 1
const SEEK_END = 2

function seek(description: Description, offset: number, whence: number): number {
  const { file } = description
  if (file !== undefined && !file.seekable) fail(ESPIPE)
  const base =
    whence === SEEK_SET
      ? 0
      : whence === SEEK_CUR
        ? description.position
        : whence === SEEK_END
          ? (file?.stat().size ?? 0)
          : fail(EINVAL)
  if (base + offset < 0) fail(EINVAL)
  description.position = base + offset
  // A folder is listed from the start again, as it is then.
  if (file === undefined && description.position === 0) delete description.entries
  return description.position
}
