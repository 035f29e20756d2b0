import { describe, expect, it } from 'vitest'
import { READ, WRITE } from '../../runtime/memory.ts'
import { Guest } from './linux-kernel.ts'

const AT_FDCWD = -100

function content(guest: Guest, path: string): string {
  const fd = guest.call('openat', AT_FDCWD, path, 0)
  expect(fd, path).toBeGreaterThanOrEqual(0)
  const buffer = guest.room(8192)
  const length = guest.call('read', fd, buffer, 8192)
  guest.call('close', fd)
  return guest.text(buffer, length)
}

function target(guest: Guest, path: string): string {
  const buffer = guest.room(256)
  return guest.text(buffer, guest.call('readlinkat', AT_FDCWD, path, buffer, 256))
}

describe('/proc', () => {
  it('knows the process', () => {
    const guest = new Guest()
    guest.files.put('/bin/test', 'program')
    guest.files.put('/home/x', '')
    expect(target(guest, '/proc/self')).toBe('1000')
    expect(target(guest, '/proc/self/exe')).toBe('/bin/test')
    expect(content(guest, '/proc/self/exe')).toBe('program')
    expect(content(guest, '/proc/self/comm')).toBe('test\n')
    guest.call('chdir', '/home')
    expect(target(guest, '/proc/self/cwd')).toBe('/home')
    expect(content(guest, '/proc/self/stat')).toMatch(/^1000 \(test\) R 1 1000 1000( \d+){46}\n$/)
    expect(content(guest, '/proc/self/status')).toMatch(/^Name:\ttest\n.*\nUid:\t1000\t1000\t1000\t1000\n/s)
    expect(content(guest, '/proc/mounts')).toContain('none / tmpfs rw 0 0\n')
    expect(content(guest, '/proc/sys/kernel/random/uuid')).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\n$/,
    )
  })

  it('has a link for each open descriptor, and opens what it stands for', () => {
    const guest = new Guest({ input: 'abc' })
    guest.files.put('/f', 'file')
    const fd = guest.call('openat', AT_FDCWD, '/f', 0)
    expect(target(guest, `/proc/self/fd/${fd}`)).toBe('/f')
    expect(target(guest, '/proc/self/fd/1')).toBe('pipe:[1]')
    expect(content(guest, '/dev/stdin')).toBe('abc')
    const out = guest.call('openat', AT_FDCWD, '/dev/stdout', 1)
    expect(guest.call('write', out, 'hello', 5)).toBe(5)
    guest.call('close', out)
    expect(guest.call('write', 1, '!', 1)).toBe(1)
    expect(guest.host.output).toBe('hello!')
    expect(guest.call('openat', AT_FDCWD, '/proc/self/fd/9', 0)).toBe(-2)
  })

  it('tells where what lies in memory', () => {
    const guest = new Guest()
    guest.files.put('/lib', 'x'.repeat(10_000))
    const fd = guest.call('openat', AT_FDCWD, '/lib', 0)
    const at = guest.call('mmap', 0, 3 * 4096, 1, 2, fd, 0)
    expect(guest.text(at, 3)).toBe('xxx')
    expect(guest.call('mprotect', at + 4096, 4096, 3)).toBe(0)
    guest.call('munmap', at + 2 * 4096, 4096)
    const line = (from: number, to: number, bits: string, offset: string): string =>
      `${`${hex(from)}-${hex(to)} ${bits} ${offset} 00:00 0`.padEnd(72)} /lib\n`
    const maps = content(guest, '/proc/self/maps')
    expect(maps).toContain(line(at, at + 4096, 'r--p', '00000000') + line(at + 4096, at + 8192, 'rw-p', '00001000'))
    expect(maps).not.toContain(hex(at + 3 * 4096))
    const heap = guest.call('brk', 0)
    expect(guest.call('brk', heap + 100)).toBe(heap + 100)
    expect(content(guest, '/proc/self/maps')).toMatch(
      new RegExp(`^${hex(heap)}-${hex(heap + 4096)} rw-p .* \\[heap\\]$`, 'm'),
    )
    expect(guest.memory.permissions(heap)).toBe(READ | WRITE)
  })

  it('cannot be changed', () => {
    const guest = new Guest()
    expect(guest.call('mkdirat', AT_FDCWD, '/proc/new', 0o755)).toBe(-30)
    expect(guest.call('openat', AT_FDCWD, '/proc/self/comm', 1)).toBe(-30)
  })
})

const hex = (address: number): string => address.toString(16).padStart(8, '0')
