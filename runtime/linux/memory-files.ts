/**
 * A tree of files in memory: for browsers, for tests, and for the few files that every process sees (/proc/self/exe). Nothing is kept longer than
 * the object lives.
 */

import { EEXIST, EINVAL, EISDIR, ENOENT, ENOSPC, ENOTDIR, ENOTEMPTY, EPERM, fail } from './errno.ts'
import {
  type DirectoryEntry,
  type FileStat,
  type FileTree,
  type FileTreeUsage,
  type OpenFile,
  type OpenMode,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from './host.ts'

interface Node {
  readonly inode: bigint
  mode: number
  uid: number
  gid: number
  links: number
  accessed: bigint
  modified: bigint
  changed: bigint
  /** One of these, by type. */
  bytes: Uint8Array
  size: number
  readonly target: string
  readonly children: Map<string, Node>
}

export interface MemoryFilesOptions {
  /** Nanoseconds since 1970; default: always 0. */
  readonly now?: () => bigint
  /** Bytes of all files together; default 1 GiB. */
  readonly capacity?: number
  readonly user?: { readonly uid: number; readonly gid: number }
}

const BLOCK = 4096

export class MemoryFiles implements FileTree {
  readonly #now: () => bigint
  readonly #capacity: number
  readonly #user: { readonly uid: number; readonly gid: number }
  readonly #root: Node
  #inodes = 0n
  #used = 0

  constructor(options: MemoryFilesOptions = {}) {
    this.#now = options.now ?? (() => 0n)
    this.#capacity = options.capacity ?? 1 << 30
    this.#user = options.user ?? { uid: 0, gid: 0 }
    this.#root = this.#node(S_IFDIR | 0o755)
  }

  // ---- for the host

  /** Creates or replaces a file, and the folders above it. */
  put(path: string, content: Uint8Array | string, mode = 0o644): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    this.#makeParents(path)
    const node = this.#node(S_IFREG | mode)
    this.#grow(node, bytes.length)
    node.bytes.set(bytes)
    this.#parent(path).children.set(nameOf(path), node)
  }

  putLink(path: string, target: string): void {
    this.#makeParents(path)
    this.symlink(target, path)
  }

  /** A copy of a file's bytes. */
  get(path: string): Uint8Array {
    const node = this.#find(path)
    return node.bytes.slice(0, node.size)
  }

  #makeParents(path: string): void {
    let node = this.#root
    for (const name of path.split('/').slice(1, -1)) {
      const next = node.children.get(name) ?? this.#node(S_IFDIR | 0o755)
      node.children.set(name, next)
      node = next
    }
  }

  // ---- FileTree

  stat(path: string): FileStat {
    return this.#statOf(this.#find(path))
  }

  readLink(path: string): string {
    const node = this.#find(path)
    return type(node) === S_IFLNK ? node.target : fail(EINVAL)
  }

  list(path: string): readonly DirectoryEntry[] {
    return [...this.#directory(path).children].map(([name, node]) => ({ name, inode: node.inode, type: type(node) }))
  }

  open(path: string, mode: OpenMode): OpenFile {
    const folder = this.#parent(path)
    let node = folder.children.get(nameOf(path))
    if (node === undefined) {
      if (mode.create === undefined) fail(ENOENT)
      node = this.#node(S_IFREG | mode.create.mode)
      this.#add(folder, nameOf(path), node)
    } else if (mode.create?.exclusive) fail(EEXIST)
    if (type(node) === S_IFDIR) fail(EISDIR)
    if (mode.truncate) this.#resize(node, 0)
    return this.#openFile(node, mode)
  }

  makeDirectory(path: string, mode: number): void {
    this.#add(this.#parent(path), nameOf(path), this.#node(S_IFDIR | mode))
  }

  symlink(target: string, path: string): void {
    this.#add(this.#parent(path), nameOf(path), this.#node(S_IFLNK | 0o777, target))
  }

  link(existing: string, path: string): void {
    const node = this.#find(existing)
    if (type(node) === S_IFDIR) fail(EPERM)
    this.#add(this.#parent(path), nameOf(path), node)
    node.links++
  }

  unlink(path: string): void {
    const folder = this.#parent(path)
    const node = folder.children.get(nameOf(path)) ?? fail(ENOENT)
    if (type(node) === S_IFDIR) fail(EISDIR)
    this.#remove(folder, nameOf(path), node)
  }

  removeDirectory(path: string): void {
    const node = this.#directory(path)
    if (node.children.size > 0) fail(ENOTEMPTY)
    if (node === this.#root) fail(EINVAL)
    this.#remove(this.#parent(path), nameOf(path), node)
  }

  rename(from: string, to: string): void {
    const node = this.#find(from)
    if (to === from) return
    if (to.startsWith(`${from}/`)) fail(EINVAL)
    const folder = this.#parent(to)
    const old = folder.children.get(nameOf(to))
    if (old === node) return
    if (old !== undefined) {
      if (type(old) === S_IFDIR && type(node) !== S_IFDIR) fail(EISDIR)
      if (type(old) !== S_IFDIR && type(node) === S_IFDIR) fail(ENOTDIR)
      if (old.children.size > 0) fail(ENOTEMPTY)
      this.#remove(folder, nameOf(to), old)
    }
    this.#parent(from).children.delete(nameOf(from))
    folder.children.set(nameOf(to), node)
    folder.modified = node.changed = this.#now()
  }

  setMode(path: string, mode: number): void {
    const node = this.#find(path)
    node.mode = (node.mode & S_IFMT) | (mode & 0o7777)
    node.changed = this.#now()
  }

  setOwner(path: string, uid: number, gid: number): void {
    const node = this.#find(path)
    if (uid >= 0) node.uid = uid
    if (gid >= 0) node.gid = gid
    node.changed = this.#now()
  }

  setTimes(path: string, accessed: bigint | undefined, modified: bigint | undefined): void {
    const node = this.#find(path)
    node.accessed = accessed ?? node.accessed
    node.modified = modified ?? node.modified
    node.changed = this.#now()
  }

  truncate(path: string, size: number): void {
    const node = this.#find(path)
    if (type(node) === S_IFDIR) fail(EISDIR)
    this.#resize(node, size)
  }

  usage(): FileTreeUsage {
    const free = Math.floor((this.#capacity - this.#used) / BLOCK)
    const blocks = Math.floor(this.#capacity / BLOCK)
    return {
      blockSize: BLOCK,
      blocks,
      free,
      available: free,
      files: 1 << 20,
      freeFiles: (1 << 20) - Number(this.#inodes),
    }
  }

  // ---- inner workings

  #node(mode: number, target = ''): Node {
    const now = this.#now()
    return {
      inode: ++this.#inodes,
      mode,
      ...this.#user,
      links: (mode & S_IFMT) === S_IFDIR ? 2 : 1,
      accessed: now,
      modified: now,
      changed: now,
      bytes: new Uint8Array(0),
      size: 0,
      target,
      children: new Map(),
    }
  }

  #find(path: string): Node {
    let node = this.#root
    for (const name of path.split('/')) {
      if (name === '') continue
      if (type(node) !== S_IFDIR) fail(ENOTDIR)
      node = node.children.get(name) ?? fail(ENOENT)
    }
    return node
  }

  #directory(path: string): Node {
    const node = this.#find(path)
    return type(node) === S_IFDIR ? node : fail(ENOTDIR)
  }

  #parent(path: string): Node {
    return this.#directory(path.slice(0, path.lastIndexOf('/')))
  }

  #add(folder: Node, name: string, node: Node): void {
    if (name === '' || folder.children.has(name)) fail(EEXIST)
    folder.children.set(name, node)
    folder.modified = folder.changed = this.#now()
  }

  #remove(folder: Node, name: string, node: Node): void {
    folder.children.delete(name)
    folder.modified = folder.changed = node.changed = this.#now()
    if (--node.links === 0) this.#used -= node.size
  }

  #resize(node: Node, size: number): void {
    if (size < node.size) node.bytes.fill(0, size, node.size)
    this.#grow(node, size)
    node.modified = node.changed = this.#now()
  }

  #grow(node: Node, size: number): void {
    if (this.#used + size - node.size > this.#capacity) fail(ENOSPC)
    this.#used += size - node.size
    if (size > node.bytes.length) {
      const bytes = new Uint8Array(Math.max(size, node.bytes.length * 2))
      bytes.set(node.bytes)
      node.bytes = bytes
    }
    node.size = size
  }

  #openFile(node: Node, mode: OpenMode): OpenFile {
    return {
      seekable: true,
      stat: () => this.#statOf(node),
      read: (buffer, position) => {
        const bytes = node.bytes.subarray(Math.min(position, node.size), Math.min(position + buffer.length, node.size))
        buffer.set(bytes)
        return bytes.length
      },
      write: (bytes, position) => {
        const at = mode.append ? node.size : position
        if (at + bytes.length > node.size) this.#grow(node, at + bytes.length)
        node.bytes.set(bytes, at)
        node.modified = node.changed = this.#now()
        return bytes.length
      },
      truncate: (size) => this.#resize(node, size),
      close: () => {},
    }
  }

  #statOf(node: Node): FileStat {
    const size = type(node) === S_IFLNK ? node.target.length : node.size
    return {
      device: 1n,
      inode: node.inode,
      mode: node.mode,
      links: node.links,
      uid: node.uid,
      gid: node.gid,
      special: 0n,
      size,
      blockSize: BLOCK,
      blocks: Math.ceil(node.size / BLOCK) * (BLOCK / 512),
      accessed: node.accessed,
      modified: node.modified,
      changed: node.changed,
    }
  }
}

function type(node: Node): number {
  return node.mode & S_IFMT
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
