/** Shows one argument of a system call as strace does, by its kind (syscall-signatures.ts). In: the kernel, whose memory is read; out: text, never an error. */

import { int, uint, word } from './arguments.ts'
import { LinuxError } from './errno.ts'
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from './host.ts'
import type { Kernel } from './kernel.ts'
import { FIRST_QUEUED, signalName } from './signals.ts'
import { CONSTANTS, type Constants } from './syscall-signatures.ts'

/** Longest text or data, in bytes, and most elements of a list. */
const MOST_TEXT = 32
const MOST_ELEMENTS = 4

export interface Shown {
  readonly kernel: Kernel
  readonly args: readonly bigint[]
  readonly index: number
  /** The call's answer, where it is known: how much of a buffer was filled. */
  readonly result: number | undefined
}

/** Falls back to the plain address where memory cannot be read, or the call failed. */
export function showArgument(kind: string, out: boolean, shown: Shown): string {
  const value = shown.args[shown.index] ?? 0n
  const failed = shown.result !== undefined && shown.result < 0
  const show = KINDS[kind]
  const names = CONSTANTS[kind]
  if (names !== undefined) return showConstant(names, uint(value))
  if (show === undefined) return address(value)
  if (!show.memory) return show.text(value, shown)
  if (value === 0n) return 'NULL'
  if (out && failed) return address(value)
  try {
    return show.text(value, shown)
  } catch (error) {
    if (error instanceof LinuxError) return address(value)
    throw error
  }
}

interface Kind {
  /** The argument is the address of what is shown. */
  readonly memory: boolean
  readonly text: (value: bigint, shown: Shown) => string
}
const plain = (text: Kind['text']): Kind => ({ memory: false, text })
const pointed = (text: (at: number, shown: Shown) => string): Kind => ({
  memory: true,
  text: (value, shown) => text(word(value), shown),
})

const KINDS: Readonly<Record<string, Kind>> = {
  int: plain((value, { kernel }) => `${BigInt.asIntN(kernel.arch.bits, value)}`),
  uint: plain((value) => `${uint(value)}`),
  size: plain((value) => `${value}`),
  hex: plain((value) => (value === 0n ? '0' : `0x${value.toString(16)}`)),
  fd: plain((value) => `${int(value)}`),
  dirfd: plain((value) => (int(value) === -100 ? 'AT_FDCWD' : `${int(value)}`)),
  mode: plain((value) => octal(uint(value))),
  // Only where a file may be created does open look at it.
  mode_created: plain((value, { args, index }) => (uint(args[index - 1] ?? 0n) & 0o100 ? octal(uint(value)) : '')),
  signal: plain((value) => (int(value) === 0 ? '0' : tracedSignal(int(value)))),
  path: pointed((at, { kernel }) => quoted(new TextEncoder().encode(kernel.memory.path(at)), Number.POSITIVE_INFINITY)),
  text: pointed((at, { kernel }) => quoted(new TextEncoder().encode(kernel.memory.path(at)), MOST_TEXT)),
  data: pointed((at, { kernel, args, index, result }) => {
    const length = Math.min(result ?? Number.POSITIVE_INFINITY, word(args[index + 1] ?? 0n))
    return buffer(kernel, at, length)
  }),
  bytes: pointed((at, { kernel, result = 0 }) => {
    const bytes = kernel.memory.readable(at, Math.min(result, MOST_TEXT))
    const text = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
    return `"${text}"${result > MOST_TEXT ? '...' : ''}`
  }),
  vectors: pointed((at, { kernel, args, index }) => {
    const size = kernel.memory.wordBytes
    return list(int(args[index + 1] ?? 0n), (i) => {
      const [base, length] = [kernel.memory.word(at + 2 * i * size), kernel.memory.word(at + (2 * i + 1) * size)]
      return `{iov_base=${buffer(kernel, base, length)}, iov_len=${length}}`
    })
  }),
  descriptors: pointed((at, { kernel }) => `[${kernel.memory.u32(at)}, ${kernel.memory.u32(at + 4)}]`),
  polled: pointed((at, { kernel, args, index }) =>
    list(int(args[index + 1] ?? 0n), (i) => {
      const events = kernel.memory.u32(at + 8 * i + 4)
      return `{fd=${kernel.memory.u32(at + 8 * i) | 0}, events=0x${(events & 0xffff).toString(16)}, revents=0x${(events >>> 16).toString(16)}}`
    }),
  ),
  stat: pointed((at, { kernel }) => {
    const mode = kernel.memory.u32(at + 16)
    const type = FILE_TYPES.get(mode & S_IFMT) ?? octal(mode & S_IFMT)
    const device = (mode & S_IFMT) === S_IFCHR || (mode & S_IFMT) === S_IFBLK
    const size = device
      ? `st_rdev=0x${kernel.memory.u64(at + 32).toString(16)}`
      : `st_size=${kernel.memory.i64(at + 48)}`
    return `{st_mode=${type}|${octal(mode & 0o7777)}, ${size}, ...}`
  }),
  timespec: pointed((at, { kernel: { memory } }) => `{tv_sec=${memory.i64(at)}, tv_nsec=${memory.i64(at + 8)}}`),
  timeval: pointed((at, { kernel }) => timeval(kernel, at)),
  interval: pointed((at, { kernel }) => {
    const value = timeval(kernel, at + 2 * kernel.memory.wordBytes)
    return `{it_interval=${timeval(kernel, at)}, it_value=${value}}`
  }),
  limit: pointed((at, { kernel: { memory } }) => {
    const limit = (value: bigint): string => (value === 2n ** 64n - 1n ? 'RLIM64_INFINITY' : `${value}`)
    return `{rlim_cur=${limit(memory.u64(at))}, rlim_max=${limit(memory.u64(at + 8))}}`
  }),
  signals: pointed((at, { kernel }) => signalSet(kernel.memory.u64(at))),
  action: pointed((at, { kernel: { memory } }) => {
    const handler = memory.word(at)
    const flags = memory.u32(at + memory.wordBytes)
    const named = handler === 0 ? 'SIG_DFL' : handler === 1 ? 'SIG_IGN' : `0x${handler.toString(16)}`
    const mask = signalSet(memory.u64(at + 2 * memory.wordBytes))
    return `{sa_handler=${named}, sa_mask=${mask}, sa_flags=${showConstant(ACTION_FLAGS, flags)}}`
  }),
  stack: pointed((at, { kernel: { memory } }) => {
    const [pointer, flags] = [memory.word(at), memory.u32(at + memory.wordBytes)]
    const size = memory.word(at + 2 * memory.wordBytes)
    return `{ss_sp=${address(BigInt(pointer))}, ss_flags=${flags === 2 ? 'SS_DISABLE' : flags}, ss_size=${size}}`
  }),
}

const ACTION_FLAGS: Constants = {
  flags: true,
  names: [
    [4, 'SA_SIGINFO'],
    [0x08000000, 'SA_ONSTACK'],
    [0x10000000, 'SA_RESTART'],
    [0x40000000, 'SA_NODEFER'],
    [0x80000000, 'SA_RESETHAND'],
  ],
}

const FILE_TYPES: ReadonlyMap<number, string> = new Map([
  [S_IFREG, 'S_IFREG'],
  [S_IFDIR, 'S_IFDIR'],
  [S_IFLNK, 'S_IFLNK'],
  [S_IFCHR, 'S_IFCHR'],
  [S_IFBLK, 'S_IFBLK'],
  [S_IFIFO, 'S_IFIFO'],
  [S_IFSOCK, 'S_IFSOCK'],
])

const address = (value: bigint): string => (value === 0n ? 'NULL' : `0x${value.toString(16)}`)
const octal = (mode: number): string => (mode === 0 ? '000' : `0${mode.toString(8)}`)

function timeval({ memory }: Kernel, at: number): string {
  return `{tv_sec=${memory.word(at)}, tv_usec=${memory.word(at + memory.wordBytes)}}`
}

function list(count: number, element: (index: number) => string): string {
  const shown = Array.from({ length: Math.min(Math.max(count, 0), MOST_ELEMENTS) }, (_, i) => element(i))
  return `[${[...shown, ...(count > MOST_ELEMENTS ? ['...'] : [])].join(', ')}]`
}

function buffer({ memory }: Kernel, at: number, length: number): string {
  const text = quoted(memory.readable(at, Math.min(length, MOST_TEXT)), MOST_TEXT)
  return length > MOST_TEXT ? `${text}...` : text
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
}

/** Bytes that do not print as octal numbers: of three digits where a digit follows. */
function quoted(bytes: Uint8Array, most: number): string {
  let text = ''
  bytes.subarray(0, most).forEach((byte, i) => {
    const next = bytes[i + 1] ?? 0
    const digits = byte.toString(8)
    text +=
      ESCAPES[byte] ??
      (byte >= 32 && byte < 127
        ? String.fromCharCode(byte)
        : `\\${next >= 48 && next <= 57 ? digits.padStart(3, '0') : digits}`)
  })
  return `"${text}"${bytes.length > most ? '...' : ''}`
}

/** strace's names: real-time signals count from SIGRTMIN. */
export function tracedSignal(signal: number): string {
  if (signal < FIRST_QUEUED) return signalName(signal)
  return signal === FIRST_QUEUED ? 'SIGRTMIN' : `SIGRT_${signal - FIRST_QUEUED}`
}

export function signalSet(set: bigint): string {
  const count = set.toString(2).replaceAll('0', '').length
  const inverted = count > 32
  const shown = inverted ? BigInt.asUintN(64, ~set) : set
  const names: string[] = []
  for (let signal = 1; signal <= 64; signal++) {
    if ((shown >> BigInt(signal - 1)) & 1n) names.push(tracedSignal(signal).slice('SIG'.length))
  }
  return `${inverted ? '~' : ''}[${names.join(' ')}]`
}

function showConstant({ flags, base = 0, names }: Constants, value: number): string {
  const rest = `0x${value.toString(16)}`
  if (!flags) return names.find(([one]) => one === value)?.[1] ?? rest
  const parts: string[] = []
  const low = (value & base) >>> 0
  const first = names.find(([one]) => one === low && (one & ~base) === 0)
  let left = value
  if (first !== undefined && (base !== 0 || value === 0)) {
    parts.push(first[1])
    left = (left & ~base) >>> 0
  }
  for (const [bits, name] of names) {
    if (bits === 0 || (bits & ~base) === 0 || (left & bits) >>> 0 !== bits) continue
    parts.push(name)
    left = (left & ~bits) >>> 0
  }
  if (left !== 0 || parts.length === 0) parts.push(left === 0 ? '0' : `0x${left.toString(16)}`)
  return parts.join('|')
}
