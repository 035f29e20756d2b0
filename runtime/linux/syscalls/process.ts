/** The process itself: its end, identity, limits. */

import { int, uint, word } from '../arguments.ts'
import { MAX_DESCRIPTORS } from '../descriptors.ts'
import { ECHILD, EINVAL, EPERM, ESRCH, fail } from '../errno.ts'
import { elapsed, type Handler, type Kernel, SECOND } from '../kernel.ts'
import { struct, text } from '../user-memory.ts'

export const exit: Handler = (kernel, [code]) => {
  kernel.ending ??= { kind: 'exit', code: uint(code) & 255 }
  return 0
}

/** struct utsname: six texts of 65 bytes. */
export const uname: Handler = (kernel, [buffer]) => {
  const { name, node, release, version } = kernel.system
  const fields = [name, node, release, version, kernel.arch.name, '(none)']
  const bytes = new Uint8Array(6 * 65)
  fields.forEach((field, i) => {
    bytes.set(text(field), i * 65)
  })
  kernel.memory.write(word(buffer), bytes)
  return 0
}

export const getpid: Handler = (kernel) => kernel.pid
export const getppid: Handler = () => 1
export const getuid: Handler = (kernel) => kernel.user.uid
export const getgid: Handler = (kernel) => kernel.user.gid

/** real, effective, saved. */
export const getresuid: Handler = (kernel, args) => threeIds(kernel, args, kernel.user.uid)
export const getresgid: Handler = (kernel, args) => threeIds(kernel, args, kernel.user.gid)
function threeIds(kernel: Kernel, addresses: readonly bigint[], id: number): number {
  for (const address of addresses.slice(0, 3)) kernel.memory.setU32(word(address), id)
  return 0
}

/** Only to what it is already. −1 leaves an id as it is. */
export const setuid: Handler = (kernel, ids) => sameIds(ids.slice(0, 1), kernel.user.uid)
export const setgid: Handler = (kernel, ids) => sameIds(ids.slice(0, 1), kernel.user.gid)
export const setresuid: Handler = (kernel, ids) => sameIds(ids.slice(0, 3), kernel.user.uid)
export const setresgid: Handler = (kernel, ids) => sameIds(ids.slice(0, 3), kernel.user.gid)
export const setreuid: Handler = (kernel, ids) => sameIds(ids.slice(0, 2), kernel.user.uid)
export const setregid: Handler = (kernel, ids) => sameIds(ids.slice(0, 2), kernel.user.gid)
function sameIds(ids: readonly bigint[], own: number): number {
  return ids.every((id) => int(id) === -1 || uint(id) === own) ? 0 : fail(EPERM)
}

/** None but its own. */
export const getgroups: Handler = (_kernel, [size]) => (int(size) < 0 ? fail(EINVAL) : 0)

/** Of itself only: its group and session are its own. */
export const getOwnGroup: Handler = (kernel, [pid]) =>
  int(pid) === 0 || int(pid) === kernel.pid ? kernel.pid : fail(ESRCH)

export const umask: Handler = (kernel, [mask]) => {
  const before = kernel.umask
  kernel.umask = uint(mask) & 0o777
  return before
}

const RLIMIT_STACK = 3
const RLIMIT_NOFILE = 7
const LIMITS: Readonly<Record<number, bigint>> = { [RLIMIT_STACK]: 8n << 20n, [RLIMIT_NOFILE]: BigInt(MAX_DESCRIPTORS) }
const UNLIMITED = 2n ** 64n - 1n

/** New limits are accepted and change nothing. struct rlimit64: current, maximum. */
export const prlimit64: Handler = (kernel, [pid, resource, next, old]) => {
  if (int(pid) !== 0 && int(pid) !== kernel.pid) fail(ESRCH)
  if (int(resource) < 0 || int(resource) > 15) fail(EINVAL)
  if (next !== 0n) kernel.memory.readable(word(next), 16)
  if (old !== 0n) {
    const limit = LIMITS[int(resource)] ?? UNLIMITED
    kernel.memory.setU64(word(old), limit)
    kernel.memory.setU64(word(old) + 8, limit)
  }
  return 0
}
export const getrlimit: Handler = (kernel, [resource, old]) => prlimit64(kernel, [0n, resource, 0n, old, 0n, 0n])
export const setrlimit: Handler = (kernel, [resource, next]) => prlimit64(kernel, [0n, resource, next, 0n, 0n, 0n])

/** struct sysinfo, 64-bit: seconds up, loads, memory, swap, processes, high memory, unit. */
export const sysinfo: Handler = (kernel, [buffer]) => {
  const size = kernel.memory.guest.size
  const bytes = struct(112, (s) => {
    s.setBigUint64(0, elapsed(kernel) / SECOND, true)
    s.setBigUint64(32, BigInt(size), true)
    s.setBigUint64(40, BigInt(size), true)
    s.setUint16(80, 1, true)
    s.setUint32(104, 1, true)
  })
  kernel.memory.write(word(buffer), bytes)
  return 0
}

export const getrandom: Handler = (kernel, [buffer, count]) => {
  const bytes = new Uint8Array(Math.min(word(count), 1 << 20))
  kernel.memory.checkWritable(word(buffer), bytes.length)
  for (let at = 0; at < bytes.length; at += 65536) kernel.host.random(bytes.subarray(at, at + 65536))
  kernel.memory.write(word(buffer), bytes)
  return bytes.length
}

const PR_SET_NAME = 15
const PR_GET_NAME = 16

export const prctl: Handler = (kernel, [option, argument]) => {
  switch (int(option)) {
    case PR_SET_NAME: {
      const bytes = kernel.memory.readable(word(argument), 16)
      kernel.threadName = String.fromCharCode(...bytes.subarray(0, 15)).replace(/\0.*$/s, '')
      return 0
    }
    case PR_GET_NAME:
      kernel.memory.write(word(argument), text(kernel.threadName.padEnd(16, '\0')))
      return 0
    default:
      return fail(EINVAL)
  }
}

export const wait: Handler = () => fail(ECHILD)
