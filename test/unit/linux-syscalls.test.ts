import { describe, expect, it } from 'vitest'
import {
  EACCES,
  EBADF,
  ECHILD,
  EEXIST,
  EFAULT,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOMEM,
  ENOSYS,
  ENOTDIR,
  ENOTEMPTY,
  ENOTTY,
  EPIPE,
  EROFS,
  ESPIPE,
  ESRCH,
} from '../../runtime/linux/errno.ts'
import { S_IFDIR, S_IFREG } from '../../runtime/linux/host.ts'
import { MemoryFiles } from '../../runtime/linux/memory-files.ts'
import { riscv32 } from '../../runtime/linux/riscv.ts'
import { SYSCALL_NAMES } from '../../runtime/linux/syscall-names.ts'
import { Guest } from './linux-kernel.ts'

const AT_FDCWD = -100
const O_WRONLY = 1
const O_RDWR = 2
const O_CREAT = 0o100
const O_EXCL = 0o200
const O_TRUNC = 0o1000
const O_APPEND = 0o2000
const O_DIRECTORY = 0o200000
const O_NOFOLLOW = 0o400000

it('numbers are those of asm-generic/unistd.h', () => {
  const some = { 17: 'getcwd', 56: 'openat', 93: 'exit', 134: 'rt_sigaction', 160: 'uname', 214: 'brk', 222: 'mmap' }
  const more = { 260: 'wait4', 261: 'prlimit64', 278: 'getrandom', 291: 'statx', 293: 'rseq', 403: 'clock_gettime64' }
  const last = { 436: 'close_range', 439: 'faccessat2', 452: 'fchmodat2' }
  for (const [number, name] of Object.entries({ ...some, ...more, ...last })) {
    expect(SYSCALL_NAMES.get(Number(number))).toBe(name)
  }
})

describe('files', () => {
  it('are created, written, read, positioned, truncated', () => {
    const guest = new Guest()
    const fd = guest.call('openat', AT_FDCWD, '/a', O_CREAT | O_RDWR, 0o666)
    expect(fd).toBe(3)
    expect(guest.call('write', fd, 'hello, world', 12)).toBe(12)
    expect(guest.call('lseek', fd, 7, 0)).toBe(7)
    const buffer = guest.room(16)
    expect(guest.call('read', fd, buffer, 16)).toBe(5)
    expect(guest.text(buffer, 5)).toBe('world')
    expect(guest.call('read', fd, buffer, 16)).toBe(0)
    expect(guest.call('pread64', fd, buffer, 5, 0)).toBe(5)
    expect(guest.call('lseek', fd, 0, 1)).toBe(12)
    expect(guest.call('ftruncate', fd, 5)).toBe(0)
    expect(guest.call('lseek', fd, -1, 2)).toBe(4)
    expect(guest.call('lseek', fd, -6, 2)).toBe(-EINVAL)
    expect(guest.call('close', fd)).toBe(0)
    expect(guest.call('close', fd)).toBe(-EBADF)
    expect(new TextDecoder().decode(guest.files.get('/a'))).toBe('hello')
    expect(guest.files.stat('/a').mode).toBe(S_IFREG | 0o644)
  })

  it('scatter and gather', () => {
    const guest = new Guest()
    const vector = new BigUint64Array([BigInt(guest.put('ab')), 2n, 0n, 0n, BigInt(guest.put('cde')), 3n])
    expect(guest.call('writev', 1, guest.put(new Uint8Array(vector.buffer)), 3)).toBe(5)
    expect(guest.host.output).toBe('abcde')
  })

  it('append at the end, whoever moved it', () => {
    const guest = new Guest()
    guest.files.put('/log', 'one')
    const fd = guest.call('openat', AT_FDCWD, '/log', O_WRONLY | O_APPEND)
    guest.call('lseek', fd, 0, 0)
    expect(guest.call('write', fd, ' two', 4)).toBe(4)
    expect(guest.call('lseek', fd, 0, 1)).toBe(7)
  })

  it('fail as Linux does', () => {
    const guest = new Guest()
    guest.files.put('/d/f', 'x')
    guest.files.putLink('/loop', 'loop')
    guest.files.putLink('/l', 'd/f')
    const open = (path: string, flags: number): number => guest.call('openat', AT_FDCWD, path, flags, 0o600)
    expect(open('/none', 0)).toBe(-ENOENT)
    expect(open('', 0)).toBe(-ENOENT)
    expect(open('/d/f/g', 0)).toBe(-ENOTDIR)
    expect(open('/d/f/', 0)).toBe(-ENOTDIR)
    expect(open('/d', O_WRONLY)).toBe(-EISDIR)
    expect(open('/d/f', O_DIRECTORY)).toBe(-ENOTDIR)
    expect(open('/d/f', O_CREAT | O_EXCL | O_WRONLY)).toBe(-EEXIST)
    expect(open('/loop', 0)).toBe(-ELOOP)
    expect(open('/l', O_NOFOLLOW)).toBe(-ELOOP)
    expect(open('/l', 0)).toBe(3)
    expect(guest.call('write', 3, 'x', 1)).toBe(-EBADF)
    expect(guest.call('read', 3, 0x10, 1)).toBe(-EFAULT)
    expect(guest.call('openat', AT_FDCWD, 0x10, 0)).toBe(-EFAULT)
    expect(guest.call('openat', 99, 'f', 0)).toBe(-EBADF)
    expect(guest.call('lseek', 1, 0, 0)).toBe(-ESPIPE)
    expect(guest.call('ioctl', 1, 0x5401, guest.room(64))).toBe(-ENOTTY)
  })

  it('a descriptor is shared after dup, and the lowest free number is taken', () => {
    const guest = new Guest()
    guest.files.put('/f', '0123456789')
    const fd = guest.call('openat', AT_FDCWD, '/f', 0)
    const twin = guest.call('dup', fd)
    guest.call('lseek', fd, 4, 0)
    expect(guest.call('lseek', twin, 0, 1)).toBe(4)
    guest.call('close', fd)
    expect(guest.call('fcntl', twin, 0, 10)).toBe(10)
    expect(guest.call('dup3', twin, 7, 0o2000000)).toBe(7)
    expect(guest.call('fcntl', 7, 1)).toBe(1)
    expect(guest.call('dup', twin)).toBe(3)
  })

  it('a pipe ends when its writer is closed', () => {
    const guest = new Guest()
    const fds = guest.room(8)
    expect(guest.call('pipe2', fds, 0)).toBe(0)
    const [reader, writer] = [guest.view(fds, 8).getInt32(0, true), guest.view(fds, 8).getInt32(4, true)]
    const buffer = guest.room(8)
    expect(guest.call('write', writer, 'abc', 3)).toBe(3)
    expect(guest.call('read', reader, buffer, 8)).toBe(3)
    guest.call('close', writer)
    expect(guest.call('read', reader, buffer, 8)).toBe(0)
    guest.call('pipe2', fds, 0)
    guest.call('close', guest.view(fds, 8).getInt32(0, true))
    expect(guest.call('write', guest.view(fds, 8).getInt32(4, true), 'x', 1)).toBe(-EPIPE)
    expect(guest.kernel.ending).toMatchObject({ kind: 'signal', signal: 13 })
  })

  it('sendfile copies', () => {
    const guest = new Guest()
    guest.files.put('/f', 'x'.repeat(5000))
    const fd = guest.call('openat', AT_FDCWD, '/f', 0)
    expect(guest.call('sendfile', 1, fd, 0, 1 << 24)).toBe(5000)
    expect(guest.host.output.length).toBe(5000)
  })
})

describe('names', () => {
  it('stat tells type, size, times', () => {
    const guest = new Guest()
    guest.files.put('/d/f', 'abc', 0o751)
    const buffer = guest.room(128)
    expect(guest.call('newfstatat', AT_FDCWD, '/d/f', buffer, 0)).toBe(0)
    const view = guest.view(buffer, 128)
    expect(view.getUint32(16, true)).toBe(S_IFREG | 0o751)
    expect(view.getBigInt64(48, true)).toBe(3n)
    expect(view.getBigInt64(96, true)).toBe(42n)
    expect(guest.call('newfstatat', 1, '', buffer, 0x1000)).toBe(0)
    const large = guest.room(256)
    expect(guest.call('statx', AT_FDCWD, '/d', 0, 0x7ff, large)).toBe(0)
    expect(guest.view(large, 256).getUint16(28, true) & 0o170000).toBe(S_IFDIR)
  })

  it('links are followed in the guest’s own tree', () => {
    const guest = new Guest()
    guest.files.put('/a/b/file', 'x')
    guest.files.putLink('/a/up', '../a/b')
    guest.files.putLink('/abs', '/a/up/file')
    const buffer = guest.room(256)
    expect(guest.call('openat', AT_FDCWD, '/abs', 0)).toBe(3)
    expect(guest.call('readlinkat', AT_FDCWD, '/abs', buffer, 256)).toBe(10)
    expect(guest.call('readlinkat', AT_FDCWD, '/abs', buffer, 4)).toBe(4)
    expect(guest.call('readlinkat', AT_FDCWD, '/a', buffer, 4)).toBe(-EINVAL)
    expect(guest.call('chdir', '/a/up')).toBe(0)
    expect(guest.call('getcwd', buffer, 256)).toBe(5)
    expect(guest.text(buffer, 4)).toBe('/a/b')
    expect(guest.call('faccessat', AT_FDCWD, 'file', 0)).toBe(0)
    expect(guest.call('faccessat', AT_FDCWD, '../../../../../abs', 0)).toBe(0)
  })

  it('folders are made, listed, removed', () => {
    const guest = new Guest()
    expect(guest.call('mkdirat', AT_FDCWD, '/d/', 0o777)).toBe(0)
    expect(guest.call('mkdirat', AT_FDCWD, '/d', 0o777)).toBe(-EEXIST)
    guest.files.put('/d/one', '')
    guest.files.put('/d/a-longer-name', '')
    const fd = guest.call('openat', AT_FDCWD, '/d', O_DIRECTORY)
    const buffer = guest.room(64)
    const names: string[] = []
    for (let length: number; (length = guest.call('getdents64', fd, buffer, 64)) > 0; ) {
      for (let at = 0; at < length; ) {
        const size = guest.view(buffer + at, 24).getUint16(16, true)
        names.push(guest.text(buffer + at + 19, size - 19).replace(/\0.*/s, ''))
        at += size
      }
    }
    expect(names).toEqual(['.', '..', 'one', 'a-longer-name'])
    expect(guest.call('unlinkat', AT_FDCWD, '/d', 0)).toBe(-EISDIR)
    expect(guest.call('unlinkat', AT_FDCWD, '/d', 0x200)).toBe(-ENOTEMPTY)
    expect(guest.call('renameat2', AT_FDCWD, '/d/one', AT_FDCWD, '/two', 0)).toBe(0)
    expect(guest.call('unlinkat', AT_FDCWD, '/d/a-longer-name', 0)).toBe(0)
    expect(guest.call('unlinkat', AT_FDCWD, '/d', 0x200)).toBe(0)
    expect(guest.files.list('/').map((entry) => entry.name)).toEqual(['two'])
  })

  it('nothing exists but what is mapped', () => {
    const files = new MemoryFiles()
    files.put('/data', 'x')
    files.putLink('/out', '/etc/passwd')
    const guest = new Guest({ mounts: [{ at: '/home/me', files, readOnly: true }] })
    const open = (path: string, flags = 0): number => guest.call('openat', AT_FDCWD, path, flags, 0o600)
    expect(open('/etc/passwd')).toBe(-ENOENT)
    expect(open('/home/you')).toBe(-ENOENT)
    expect(open('/home/me/out')).toBe(-ENOENT)
    expect(open('/home/me/../../etc/passwd')).toBe(-ENOENT)
    expect(open('/home/me/data')).toBe(3)
    expect(open('/home/me/data', O_WRONLY)).toBe(-EROFS)
    expect(open('/home/me/data', O_TRUNC)).toBe(-EROFS)
    expect(open('/home/me/new', O_CREAT | O_WRONLY)).toBe(-EROFS)
    expect(open('/home/new', O_CREAT | O_WRONLY)).toBe(-13)
    expect(guest.call('unlinkat', AT_FDCWD, '/home/me/data', 0)).toBe(-EROFS)
    expect(open('/home', O_DIRECTORY)).toBe(4)
    expect(open('/dev/null', O_RDWR)).toBe(5)
  })
})

describe('memory', () => {
  it('the heap grows and shrinks', () => {
    const guest = new Guest()
    expect(guest.call('brk', 0)).toBe(0x300000)
    expect(guest.call('brk', 0x301234)).toBe(0x301234)
    expect(guest.memory.permissions(0x301fff)).toBe(3)
    guest.memory.write(0x301000, [7])
    expect(guest.call('brk', 0x300000)).toBe(0x300000)
    expect(guest.memory.permissions(0x300000)).toBe(0)
    guest.call('brk', 0x302000)
    expect(guest.memory.bytes[0x301000]).toBe(0)
    expect(guest.call('brk', 0xff00000)).toBe(0x302000)
  })

  it('mmap gives zeros from the top down, and files', () => {
    const guest = new Guest()
    const [PRIVATE, FIXED, ANONYMOUS] = [2, 0x10, 0x20]
    const at = guest.call('mmap', 0, 0x2800, 3, PRIVATE | ANONYMOUS, -1, 0)
    expect(at).toBe(0xefd000)
    expect(guest.memory.permissions(0xefffff)).toBe(3)
    expect(guest.call('mprotect', at, 0x1000, 1)).toBe(0)
    expect(guest.memory.permissions(at)).toBe(1)
    expect(guest.call('munmap', at + 0x1000, 0x1000)).toBe(0)
    expect(guest.call('mprotect', at, 0x2000, 1)).toBe(-ENOMEM)
    expect(guest.call('mmap', 0, 0x1000, 3, PRIVATE | ANONYMOUS, -1, 0)).toBe(at + 0x1000)
    expect(guest.call('mmap', at + 1, 0x1000, 3, PRIVATE | ANONYMOUS | FIXED, -1, 0)).toBe(-EINVAL)
    expect(guest.call('mmap', 0, 1 << 30, 3, PRIVATE | ANONYMOUS, -1, 0)).toBe(-ENOMEM)
    expect(guest.call('mmap', 0, 0, 3, PRIVATE | ANONYMOUS, -1, 0)).toBe(-EINVAL)
    guest.files.put('/f', 'x'.repeat(5000))
    const fd = guest.call('openat', AT_FDCWD, '/f', 0)
    const mapped = guest.call('mmap', 0, 5000, 1, PRIVATE, fd, 4096)
    expect(guest.text(mapped, 904)).toBe('x'.repeat(904))
    expect(guest.memory.bytes[mapped + 904]).toBe(0)
  })

  it('mremap grows in place or moves', () => {
    const guest = new Guest()
    const low = guest.call('mmap', 0, 0x1000, 3, 0x22, -1, 0)
    guest.memory.write(low, [1, 2, 3])
    const moved = guest.call('mremap', low, 0x1000, 0x3000, 1)
    expect(moved).not.toBe(low)
    expect([...guest.memory.read(moved, 4)]).toEqual([1, 2, 3, 0])
    expect(guest.memory.permissions(low)).toBe(0)
    expect(guest.call('mremap', moved, 0x3000, 0x1000, 0)).toBe(moved)
    expect(guest.memory.permissions(moved + 0x1000)).toBe(0)
  })
})

describe('the process', () => {
  it('ends with a code, or by its own signal', () => {
    const guest = new Guest()
    guest.call('exit_group', 0x1ff)
    expect(guest.kernel.ending).toEqual({ kind: 'exit', code: 255 })
    const other = new Guest()
    expect(other.call('tgkill', 1, 1, 6)).toBe(-ESRCH)
    const pid = other.call('getpid')
    expect(other.call('tgkill', pid, pid, 6)).toBe(0)
    expect(other.kernel.ending).toMatchObject({ kind: 'signal', signal: 6 })
  })

  it('wants exact registers once a handler could look at them', () => {
    const install = (guest: Guest, signal: number, handler: bigint, flags: bigint): boolean => {
      const action = guest.put(new Uint8Array(new BigUint64Array([handler, flags, 0n]).buffer))
      expect(guest.call('rt_sigaction', signal, action, 0, 8)).toBe(0)
      return guest.kernel.signals.handlersSeeRegisters
    }
    const [SIGSEGV, SIGUSR1, SIG_IGN, SA_SIGINFO] = [11, 10, 1n, 4n] as const
    const guest = new Guest()
    expect(install(guest, SIGUSR1, 0x12340n, 0n)).toBe(false)
    expect(install(guest, SIGSEGV, SIG_IGN, 0n)).toBe(false)
    expect(install(guest, SIGSEGV, 0x12340n, 0n)).toBe(true)
    expect(install(new Guest(), SIGUSR1, 0x12340n, SA_SIGINFO)).toBe(true)
  })

  it('remembers signal actions and masks', () => {
    const guest = new Guest()
    const action = guest.put(new Uint8Array(new BigUint64Array([1n, 0n, 0n]).buffer))
    const old = guest.room(24)
    expect(guest.call('rt_sigaction', 13, action, 0, 8)).toBe(0)
    expect(guest.call('rt_sigaction', 13, 0, old, 8)).toBe(0)
    expect(guest.view(old, 24).getBigUint64(0, true)).toBe(1n)
    expect(guest.call('rt_sigaction', 9, action, 0, 8)).toBe(-EINVAL)
    expect(guest.call('kill', guest.call('getpid'), 13)).toBe(0)
    expect(guest.kernel.ending).toBeUndefined()
    expect(guest.call('rt_sigprocmask', 0, guest.put(new Uint8Array([0xff, 0xff, 0, 0, 0, 0, 0, 0])), 0, 8)).toBe(0)
    guest.call('rt_sigprocmask', 0, 0, old, 8)
    expect(guest.view(old, 8).getBigUint64(0, true)).toBe(0xfeffn)
  })

  it('knows its machine, its user and the time', () => {
    const guest = new Guest()
    const buffer = guest.room(400)
    guest.call('uname', buffer)
    expect(guest.text(buffer + 4 * 65, 7)).toBe('riscv64')
    expect(guest.call('getuid')).toBe(1000)
    expect(guest.call('clock_gettime', 0, buffer)).toBe(0)
    expect(guest.view(buffer, 16).getBigInt64(0, true)).toBe(1_700_000_000n)
    expect(guest.view(buffer, 16).getBigInt64(8, true)).toBe(123_456_789n)
    expect(guest.call('wait4', -1, 0, 0, 0)).toBe(-ECHILD)
  })

  it('is told once what is missing', () => {
    const guest = new Guest()
    expect(guest.call('clone', 17, 2)).toBe(-ENOSYS)
    expect(guest.call('clone', 17, 2)).toBe(-ENOSYS)
    expect(guest.callNumber(9999)).toBe(-ENOSYS)
    expect(guest.call('rseq')).toBe(-ENOSYS)
    expect(guest.host.diagnostics).toEqual([
      'the program wants to start another process (clone, flags 0x11): ENOSYS',
      'system call 9999, unknown(0x0, 0x0, 0x0, 0x0, 0x0, 0x0), is not supported: ENOSYS',
    ])
  })

  it('polls what is ready', () => {
    const guest = new Guest()
    const list = guest.put(new Uint8Array([1, 0, 0, 0, 5, 0, 0, 0, 99, 0, 0, 0, 1, 0, 0, 0]))
    expect(guest.call('ppoll', list, 2, 0, 0, 8)).toBe(2)
    expect(guest.view(list, 16).getUint16(6, true)).toBe(5)
    expect(guest.view(list, 16).getUint16(14, true)).toBe(0x20)
  })
})

describe('32-bit RISC-V', () => {
  it('passes offsets in two registers and counts pages in mmap2', () => {
    const guest = new Guest({ arch: riscv32 })
    guest.files.put('/f', 'x'.repeat(10_000))
    const fd = guest.call('openat', AT_FDCWD, '/f', O_RDWR)
    const result = guest.room(8)
    expect(guest.call('llseek', fd, 0, 8192, result, 0)).toBe(0)
    expect(guest.view(result, 8).getBigInt64(0, true)).toBe(8192n)
    expect(guest.call('llseek', fd, -1, -1, result, 1)).toBe(0)
    expect(guest.view(result, 8).getBigInt64(0, true)).toBe(8191n)
    const buffer = guest.room(4096)
    expect(guest.call('pread64', fd, buffer, 4096, 8192, 0)).toBe(1808)
    const mapped = guest.call('mmap2', 0, 4096, 1, 2, fd, 2)
    expect(guest.memory.bytes[mapped + 1807]).toBe(120)
    expect(guest.memory.bytes[mapped + 1808]).toBe(0)
    expect(guest.call('ftruncate64', fd, 3, 0)).toBe(0)
    expect(guest.files.stat('/f').size).toBe(3)
    const vector = new Uint32Array([guest.put('ab'), 2])
    expect(guest.call('writev', 1, guest.put(new Uint8Array(vector.buffer)), 1)).toBe(2)
    expect(guest.call('clock_gettime64', 1, guest.room(16))).toBe(0)
  })
})

describe('a file that is mapped to be shared', () => {
  const size = 3 * 4096
  const mapped = (): { guest: Guest; fd: number; at: number; file: () => string } => {
    const guest = new Guest()
    guest.files.put('/f', '.'.repeat(5000))
    const fd = guest.call('openat', AT_FDCWD, '/f', O_RDWR)
    const at = guest.call('mmap', 0, size, 3, 1, fd, 0)
    return { guest, fd, at, file: () => new TextDecoder().decode(guest.files.get('/f')) }
  }
  const store = (guest: Guest, at: number, text: string): void => guest.memory.write(at, new TextEncoder().encode(text))

  it('gets what was changed in memory, at msync and munmap', () => {
    const { guest, fd, at, file } = mapped()
    store(guest, at + 10, 'one')
    expect(file()[10]).toBe('.')
    expect(guest.call('msync', at, size, 4)).toBe(0)
    expect(file().slice(9, 14)).toBe('.one.')
    // The mapping outlives the descriptor; only changed pages are written, and nothing beyond the end.
    guest.call('pwrite64', fd, 'FILE', 4, 20)
    expect(guest.call('close', fd)).toBe(0)
    store(guest, at + 4096, 'two')
    store(guest, at + 4999, 'three')
    expect(guest.call('munmap', at, size)).toBe(0)
    expect(file().length).toBe(5000)
    expect(file().slice(4096, 4100)).toBe('two.')
    expect(file()[4999]).toBe('t')
    expect(file().slice(20, 24)).toBe('FILE')
  })

  it('may be unmapped in parts, and mapped over', () => {
    const { guest, at, file } = mapped()
    store(guest, at, 'a')
    store(guest, at + 4096, 'b')
    expect(guest.call('munmap', at + 4096, 4096)).toBe(0)
    expect(file()[4096]).toBe('b')
    expect(file()[0]).toBe('.')
    expect(guest.call('mmap', at, 4096, 3, 0x32, -1, 0)).toBe(at)
    expect(file()[0]).toBe('a')
    store(guest, at, 'c')
    guest.kernel.shared.dropAll()
    expect(file()[0]).toBe('a')
  })

  it('must have been opened to be written', () => {
    const guest = new Guest()
    guest.files.put('/f', 'x')
    const fd = guest.call('openat', AT_FDCWD, '/f', 0)
    expect(guest.call('mmap', 0, 4096, 3, 1, fd, 0)).toBe(-EACCES)
    expect(guest.call('mmap', 0, 4096, 1, 1, fd, 0)).toBeGreaterThan(0)
  })
})
