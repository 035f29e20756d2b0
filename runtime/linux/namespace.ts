/**
 * The guest's one tree of names, made of the mounts that the host handed in: resolves a path as the kernel does, component by component, with
 * symbolic links followed in the guest's own name space. What is mounted nowhere does not exist; folders above a mount exist to lead there and
 * cannot be changed.
 */

import { EACCES, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EROFS, fail, LinuxError } from './errno.ts'
import {
  type DirectoryEntry,
  type FileStat,
  type FileTree,
  type Mount,
  type OpenFile,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
} from './host.ts'
import { syntheticStat } from './read-only-tree.ts'

const MAX_LINKS = 40
const NAME_MAX = 255

/** Where a path led. */
export interface Place {
  /** Absolute, without links, '.' and '..'. */
  readonly path: string
  /** undefined: its folder exists, it does not. */
  readonly stat: FileStat | undefined
  /** undefined in a folder that only leads to mounts. */
  readonly mount: Mount | undefined
  /** The path in the mount's tree. */
  readonly inner: string
  /** Where a link led to that stands for an open file: that file. */
  readonly file?: OpenFile
}

export class FileNamespace {
  /** Deepest first. */
  readonly #mounts: readonly Mount[]
  /** Paths that lead to a mount. */
  readonly #leading = new Set<string>()

  constructor(mounts: readonly Mount[]) {
    this.#mounts = mounts.toSorted((a, b) => b.at.length - a.at.length)
    for (const { at } of mounts) for (let path = at; path !== '/'; ) this.#leading.add((path = parent(path)))
  }

  /** `from` is an absolute path that was resolved before. Throws ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES. */
  resolve(from: string, path: string, followLast: boolean): Place {
    if (path === '') fail(ENOENT)
    let current = path.startsWith('/') ? '/' : from
    const left = path.split('/').reverse()
    let links = 0
    let stat: FileStat | undefined
    // True after a trailing slash or dot: what came last must be a folder.
    let folder = false
    while (left.length > 0) {
      const name = left.pop()!
      if (name === '' || name === '.' || name === '..') {
        if (stat !== undefined && !isDirectory(stat)) fail(ENOTDIR)
        if (name === '..') current = parent(current)
        stat = undefined
        folder = true
        continue
      }
      if (new TextEncoder().encode(name).length > NAME_MAX) fail(ENAMETOOLONG)
      const at = current === '/' ? `/${name}` : `${current}/${name}`
      const rest = left.some((part) => part !== '' && part !== '.')
      const last = !rest && left.length === 0
      stat = this.#stat(at, rest)
      if (stat === undefined) return this.#place(at, undefined)
      if ((stat.mode & S_IFMT) === S_IFLNK && (!last || followLast)) {
        if (++links > MAX_LINKS) fail(ELOOP)
        const { inner, mount } = this.#place(at, stat)
        const file = last ? mount!.files.openByLink?.(inner) : undefined
        const target = mount!.files.readLink(inner)
        if (file !== undefined && !target.startsWith('/')) return { path: at, stat: file.stat(), mount, inner, file }
        if (target === '') fail(ENOENT)
        if (target.startsWith('/')) current = '/'
        left.push(...target.split('/').reverse())
        stat = undefined
        continue
      }
      if (rest && !isDirectory(stat)) fail(ENOTDIR)
      current = at
      folder = false
    }
    stat ??= this.#stat(current, true) ?? fail(ENOENT)
    if (folder && !isDirectory(stat)) fail(ENOTDIR)
    return this.#place(current, stat)
  }

  get mounts(): readonly Mount[] {
    return this.#mounts.toReversed()
  }

  /** A place that exists: ENOENT otherwise. */
  existing(from: string, path: string, followLast: boolean): Place & { readonly stat: FileStat } {
    const place = this.resolve(from, path, followLast)
    return { ...place, stat: place.stat ?? fail(ENOENT) }
  }

  /** The tree, for a change there: EROFS where changes are not allowed, EACCES in folders that only lead to mounts. */
  writable(place: Place): FileTree {
    if (place.mount === undefined) return fail(EACCES)
    if (place.mount.readOnly) fail(EROFS)
    return place.mount.files
  }

  readable(place: Place): FileTree {
    return place.mount?.files ?? fail(ENOENT)
  }

  list(place: Place): readonly DirectoryEntry[] {
    const own = place.mount?.files.list(place.inner) ?? []
    const names = new Set(own.map((entry) => entry.name))
    const below = place.path === '/' ? '/' : `${place.path}/`
    const mounted = [...this.#leading, ...this.#mounts.map((mount) => mount.at)]
      .filter((path) => path !== '/' && path.startsWith(below) && !path.slice(below.length).includes('/'))
      .map((path) => path.slice(below.length))
    const more = [...new Set(mounted)].filter((name) => !names.has(name))
    return [...own, ...more.map((name) => ({ name, inode: 1n, type: S_IFDIR }))]
  }

  #place(path: string, stat: FileStat | undefined): Place {
    const mount = this.#mounts.find(({ at }) => path === at || at === '/' || path.startsWith(`${at}/`))
    if (mount === undefined) return { path, stat, mount, inner: path }
    return { path, stat, mount, inner: mount.at === '/' ? path : path.slice(mount.at.length) || '/' }
  }

  /** undefined: it does not exist. `needed`: ENOENT instead. */
  #stat(path: string, needed: boolean): FileStat | undefined {
    const { mount, inner } = this.#place(path, undefined)
    try {
      if (mount !== undefined) return mount.files.stat(inner)
    } catch (error) {
      if (!(error instanceof LinuxError) || error.errno !== ENOENT) throw error
    }
    if (this.#leading.has(path) || path === '/') return LEADING
    return needed ? fail(ENOENT) : undefined
  }
}

/** Throws LinuxError. */
export function readWholeFile(names: FileNamespace, path: string): Uint8Array {
  const place = names.existing('/', path, true)
  if (isDirectory(place.stat)) fail(EISDIR)
  const mode = { read: true, write: false, append: false, truncate: false }
  const file = names.readable(place).open(place.inner, mode)
  try {
    const bytes = new Uint8Array(file.stat().size)
    for (let filled = 0; filled < bytes.length; ) {
      const count = file.read(bytes.subarray(filled), filled)
      if (count === 0) return bytes.subarray(0, filled)
      filled += count
    }
    return bytes
  } finally {
    file.close()
  }
}

export function isDirectory(stat: FileStat): boolean {
  return (stat.mode & S_IFMT) === S_IFDIR
}

/** By the names alone: without '.', '..', doubled and final slashes; no link is looked at. */
export function absolutePath(from: string, path: string): string {
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${from}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

export function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

const LEADING: FileStat = { ...syntheticStat(S_IFDIR | 0o555, 1n, 0n), links: 2 }
