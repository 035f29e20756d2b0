import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostFolder, parseMapping } from 'isagen/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EACCES, ELOOP, ENOENT } from '../../runtime/linux/errno.ts'
import { Guest } from './linux-kernel.ts'

const AT_FDCWD = -100
let root = ''
let outside = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'isagen-root-'))
  outside = mkdtempSync(join(tmpdir(), 'isagen-outside-'))
  writeFileSync(join(outside, 'secret'), 'secret')
  writeFileSync(join(root, 'file'), 'content')
  mkdirSync(join(root, 'folder'))
})
afterEach(() => {
  rmSync(root, { recursive: true })
  rmSync(outside, { recursive: true })
})

const guestAt = (at: string, readOnly = false): Guest =>
  new Guest({ mounts: [{ at, files: hostFolder(root), readOnly }] })

describe('a mapped folder', () => {
  it('is read and written', () => {
    const guest = guestAt('/shelf')
    const fd = guest.call('openat', AT_FDCWD, '/shelf/file', 2)
    const buffer = guest.room(16)
    expect(guest.call('read', fd, buffer, 16)).toBe(7)
    expect(guest.call('pwrite64', fd, 'C', 1, 0)).toBe(1)
    expect(guest.call('close', fd)).toBe(0)
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('Content')
    expect(guest.call('mkdirat', AT_FDCWD, '/shelf/folder/new', 0o755)).toBe(0)
    expect(guest.call('renameat2', AT_FDCWD, '/shelf/file', AT_FDCWD, '/shelf/folder/new/f', 0)).toBe(0)
    expect(guest.call('utimensat', AT_FDCWD, '/shelf/folder/new/f', 0, 0)).toBe(0)
    expect(guest.call('unlinkat', AT_FDCWD, '/shelf/folder/new/f', 0)).toBe(0)
    expect(guest.call('unlinkat', AT_FDCWD, '/shelf/folder/new', 0x200)).toBe(0)
    expect(guest.call('openat', AT_FDCWD, '/shelf/none', 0)).toBe(-ENOENT)
  })

  it('does not let links lead out', () => {
    symlinkSync(join(outside, 'secret'), join(root, 'absolute'))
    symlinkSync(outside, join(root, 'up'))
    symlinkSync(`../../../../../../..${outside}/secret`, join(root, 'relative'))
    const guest = guestAt('/shelf')
    expect(guest.call('openat', AT_FDCWD, '/shelf/absolute', 0)).toBe(-ENOENT)
    expect(guest.call('openat', AT_FDCWD, '/shelf/up/secret', 0)).toBe(-ENOENT)
    expect(guest.call('openat', AT_FDCWD, '/shelf/relative', 0)).toBe(-ENOENT)
    const target = guest.room(256)
    expect(guest.call('readlinkat', AT_FDCWD, '/shelf/absolute', target, 256)).toBe(join(outside, 'secret').length)
  })

  it('does not follow a link that was put in place behind the kernel’s back', () => {
    symlinkSync(outside, join(root, 'up'))
    symlinkSync(join(outside, 'secret'), join(root, 'link'))
    const files = hostFolder(root)
    const mode = { read: true, write: false, append: false, truncate: false }
    expect(() => files.open('/up/secret', mode)).toThrow(`errno ${EACCES}`)
    expect(() => files.open('/link', mode)).toThrow(`errno ${ELOOP}`)
    expect(() => files.truncate('/link', 0)).toThrow(`errno ${ELOOP}`)
    expect(() => files.setMode('/link', 0)).toThrow(`errno ${ELOOP}`)
    expect(() => files.stat('/up/secret')).toThrow(`errno ${EACCES}`)
  })

  it('may be one file', () => {
    const guest = new Guest({ mounts: [{ at: '/etc/motd', files: hostFolder(join(root, 'file')), readOnly: true }] })
    expect(guest.call('openat', AT_FDCWD, '/etc/motd', 0)).toBe(3)
    expect(guest.call('openat', AT_FDCWD, '/etc/passwd', 0)).toBe(-ENOENT)
  })
})

it('mappings as text', () => {
  expect(parseMapping('/a=/b:rw')).toEqual({ guest: '/a', host: '/b', readOnly: false })
  expect(parseMapping('/a/../c/')).toEqual({ guest: '/c', host: '/c', readOnly: true })
  expect(parseMapping('/=/srv/root:ro')).toEqual({ guest: '/', host: '/srv/root', readOnly: true })
  expect(() => parseMapping('a=/b')).toThrow(/absolute path/)
  expect(() => parseMapping('/a=')).toThrow(/GUEST/)
})
