import { describe, expect, it } from 'vitest'
import { riscv32 } from '../../runtime/linux/riscv.ts'
import { SYSCALL_NAMES } from '../../runtime/linux/syscall-names.ts'
import { SIGNATURES } from '../../runtime/linux/syscall-signatures.ts'
import { Guest } from './linux-kernel.ts'

const AT_FDCWD = -100

/** A guest, and the lines that its calls leave. */
function traced(): { guest: Guest; lines: string[] } {
  const guest = new Guest()
  const lines: string[] = []
  guest.kernel.trace = (line) => lines.push(line)
  return { guest, lines }
}

it('every signature is of a call that there is', () => {
  const known = new Set([...SYSCALL_NAMES.values(), ...Object.values(riscv32.renamed)])
  expect([...SIGNATURES.keys()].filter((name) => !known.has(name))).toEqual([])
})

describe('a trace', () => {
  it('shows paths, flags, modes and errors by name', () => {
    const { guest, lines } = traced()
    guest.call('openat', AT_FDCWD, '/none', 0o2000000)
    guest.call('openat', AT_FDCWD, '/f', 0o1101, 0o644)
    guest.call('faccessat', AT_FDCWD, '/f', 4)
    guest.call('fstat', 3, guest.room(128))
    guest.call('lseek', 3, -4, 1)
    guest.call('close', 3)
    expect(lines).toEqual([
      'openat(AT_FDCWD, "/none", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)',
      'openat(AT_FDCWD, "/f", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3',
      'faccessat(AT_FDCWD, "/f", R_OK)         = 0',
      'fstat(3, {st_mode=S_IFREG|0644, st_size=0, ...}) = 0',
      'lseek(3, -4, SEEK_CUR)                  = -1 EINVAL (Invalid argument)',
      'close(3)                                = 0',
    ])
  })

  it('shows data: what is written as it was, what is read as far as it came', () => {
    const { guest, lines } = traced()
    guest.files.put('/f', 'line 1\n\x001"\\\xff'.padEnd(60, '.'))
    const fd = guest.call('openat', AT_FDCWD, '/f', 0)
    const buffer = guest.room(64)
    guest.call('read', fd, buffer, 16)
    guest.call('read', fd, buffer, 64)
    guest.call('write', 1, 'tab\there', 8)
    guest.call('read', fd, 0, 64)
    expect(lines.slice(1)).toEqual([
      String.raw`read(3, "line 1\n\0001\"\\\303\277...", 16) = 16`,
      'read(3, "................................"..., 64) = 45',
      String.raw`write(1, "tab\there", 8)                = 8`,
      'read(3, NULL, 64)                       = -1 EFAULT (Bad address)',
    ])
  })

  it('shows memory, signals and what is unknown', () => {
    const { guest, lines } = traced()
    guest.call('mmap', 0, 4096, 3, 0x22, -1, 0)
    guest.call('mprotect', 0, 0, 0)
    const set = guest.put(new Uint8Array(new BigUint64Array([(1n << 1n) | (1n << 34n)]).buffer))
    guest.call('rt_sigprocmask', 0, set, 0, 8)
    const action = guest.put(new Uint8Array(new BigUint64Array([0x12340n, 0x10000000n, 1n]).buffer))
    guest.call('rt_sigaction', 10, action, 0, 8)
    guest.call('getpid')
    guest.callNumber(9999, 1)
    guest.call('futex', guest.room(4), 129, 1)
    guest.call('exit_group', 3)
    expect(lines.map((line) => line.replace(/0x[0-9a-f]{6,}/g, 'ADDRESS'))).toEqual([
      'mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ADDRESS',
      'mprotect(NULL, 0, PROT_NONE)            = 0',
      'rt_sigprocmask(SIG_BLOCK, [INT RT_3], NULL, 8) = 0',
      'rt_sigaction(SIGUSR1, {sa_handler=0x12340, sa_mask=[HUP], sa_flags=SA_RESTART}, NULL, 8) = 0',
      'getpid()                                = 1000',
      'syscall_9999(0x1, 0, 0, 0, 0, 0)        = -1 ENOSYS (Function not implemented)',
      'futex(ADDRESS, FUTEX_WAKE|FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0) = 0',
      'exit_group(3)                           = ?',
    ])
  })
})
