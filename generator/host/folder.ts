/**
 * A folder (or one file) of the host as a tree of files for a guest. Links are not followed here: the guest's kernel resolves them in its own name
 * space. So that a link cannot lead out either when it is put in place between the kernel's look and ours, each access checks that
 * its folder really lies where its name says, and opens with O_NOFOLLOW.
 */

import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type DirectoryEntry,
  EACCES,
  ELOOP,
  type FileStat,
  type FileTree,
  type FileTreeUsage,
  fail,
  type OpenFile,
  type OpenMode,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from 'isagen/linux'
import { guarded } from './errors.ts'
import { fileStat, openDescriptor } from './open-file.ts'

/** `root` is a host path. Throws when it does not exist. */
export function hostFolder(root: string): FileTree {
  const real = fs.realpathSync.native(root)
  /** The host's path, once it is sure that no link stands in the middle of it. */
  const at = (path: string): string => {
    if (path === '/') return real
    const host = join(real, path)
    const folder = dirname(host)
    if (fs.realpathSync.native(folder) !== folder) return fail(EACCES)
    return host
  }
  const change = (path: string, work: (host: string) => void): void => guarded(() => work(at(path)))
  /** As change, but what lies there must not be a link, for Node's call would follow it. */
  const changeFile = (path: string, work: (host: string) => void): void =>
    change(path, (host) => (fs.lstatSync(host).isSymbolicLink() ? fail(ELOOP) : work(host)))

  return {
    stat: (path): FileStat => guarded(() => fileStat(fs.lstatSync(at(path), { bigint: true }))),
    readLink: (path): string => guarded(() => fs.readlinkSync(at(path))),
    list: (path): readonly DirectoryEntry[] => guarded(() => entries(at(path))),
    open: (path, mode): OpenFile =>
      guarded(() => {
        const host = at(path)
        return openDescriptor(fs.openSync(host, flags(mode), mode.create?.mode), mode)
      }),
    makeDirectory: (path, mode) => change(path, (host) => fs.mkdirSync(host, { mode })),
    symlink: (target, path) => change(path, (host) => fs.symlinkSync(target, host)),
    link: (existing, path) => change(path, (host) => fs.linkSync(at(existing), host)),
    unlink: (path) => change(path, (host) => fs.unlinkSync(host)),
    removeDirectory: (path) => change(path, (host) => fs.rmdirSync(host)),
    rename: (from, to) => change(to, (host) => fs.renameSync(at(from), host)),
    setMode: (path, mode) => changeFile(path, (host) => fs.chmodSync(host, mode)),
    setOwner(path, uid, gid) {
      change(path, (host) => {
        const now = fs.lstatSync(host)
        fs.lchownSync(host, uid < 0 ? now.uid : uid, gid < 0 ? now.gid : gid)
      })
    },
    setTimes(path, accessed, modified) {
      change(path, (host) => {
        const now = fs.lstatSync(host, { bigint: true })
        fs.lutimesSync(host, seconds(accessed ?? now.atimeNs), seconds(modified ?? now.mtimeNs))
      })
    },
    truncate: (path, size) => changeFile(path, (host) => fs.truncateSync(host, size)),
    usage: (): FileTreeUsage =>
      guarded(() => {
        const { bsize, blocks, bfree, bavail, files, ffree } = fs.statfsSync(real)
        return { blockSize: bsize, blocks, free: bfree, available: bavail, files, freeFiles: ffree }
      }),
  }
}

function flags(mode: OpenMode): number {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_TRUNC, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants
  const create = mode.create === undefined ? 0 : mode.create.exclusive ? O_CREAT | O_EXCL : O_CREAT
  const access = mode.write ? (mode.read ? O_RDWR : O_WRONLY) : O_RDONLY
  return access | create | (mode.append ? O_APPEND : 0) | (mode.truncate ? O_TRUNC : 0) | (O_NOFOLLOW ?? 0)
}

/** In the host's own order. */
function entries(host: string): readonly DirectoryEntry[] {
  const found: DirectoryEntry[] = []
  const folder = fs.opendirSync(host)
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      const stat = fs.lstatSync(join(host, entry.name), { bigint: true, throwIfNoEntry: false })
      if (stat !== undefined) found.push({ name: entry.name, inode: stat.ino, type: typeOf(entry) })
    }
  } finally {
    folder.closeSync()
  }
  return found
}

function typeOf(entry: fs.Dirent): number {
  if (entry.isFile()) return S_IFREG
  if (entry.isDirectory()) return S_IFDIR
  if (entry.isSymbolicLink()) return S_IFLNK
  if (entry.isFIFO()) return S_IFIFO
  if (entry.isSocket()) return S_IFSOCK
  if (entry.isCharacterDevice()) return S_IFCHR
  return entry.isBlockDevice() ? S_IFBLK : 0
}

/** Node takes seconds as a floating-point number: exact to some hundred nanoseconds. */
function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9
}
