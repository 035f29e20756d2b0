/**
 * What a Linux process needs of the world outside, handed in by the embedder: files, the three standard streams, clocks, randomness. All of
 * it is synchronous, for the guest waits. Nothing is reachable that is not handed in: an empty `files` is an empty file system.
 * isagen/node has one for Node, memory-host.ts one for browsers.
 */

/** File types, as bits 12…15 of a mode (inode(7)). */
export const S_IFMT = 0o170000
export const S_IFSOCK = 0o140000
export const S_IFLNK = 0o120000
export const S_IFREG = 0o100000
export const S_IFBLK = 0o060000
export const S_IFDIR = 0o040000
export const S_IFCHR = 0o020000
export const S_IFIFO = 0o010000

export interface FileStat {
  readonly device: bigint
  readonly inode: bigint
  /** Type and permissions. */
  readonly mode: number
  readonly links: number
  readonly uid: number
  readonly gid: number
  /** Of a device file: what it is. */
  readonly special: bigint
  /** Bytes. */
  readonly size: number
  readonly blockSize: number
  /** Units of 512 bytes. */
  readonly blocks: number
  /** Nanoseconds since 1970. */
  readonly accessed: bigint
  readonly modified: bigint
  readonly changed: bigint
}

export interface DirectoryEntry {
  readonly name: string
  readonly inode: bigint
  /** S_IF*, or 0 when unknown. */
  readonly type: number
}

/** An open file or stream. Methods throw LinuxError. */
export interface OpenFile {
  stat(): FileStat
  /**
   * Reads at most buffer.length bytes and gives how many; 0 at the end. `position` counts for files that can be positioned (`seekable`); a
   * stream waits until it has something.
   */
  read(buffer: Uint8Array, position: number): number
  /** Writes and gives how many bytes were taken. */
  write(bytes: Uint8Array, position: number): number
  readonly seekable: boolean
  truncate?(size: number): void
  sync?(): void
  close(): void
  /** Present where it is a terminal: its size now, in characters. */
  terminal?(): { readonly rows: number; readonly columns: number }
  /** Whether a read or a write would go through at once; absent: always. */
  ready?(): { readonly read: boolean; readonly write: boolean }
}

export interface OpenMode {
  readonly read: boolean
  readonly write: boolean
  readonly append: boolean
  readonly truncate: boolean
  /** Create it if it does not exist, with this mode (umask applied); `exclusive`: it must not exist. */
  readonly create?: { readonly mode: number; readonly exclusive: boolean }
}

/**
 * A tree of files. Paths are absolute and normal ('/', '/a/b': no '.', no '..', no doubled slash) and count from the tree's own root. A tree never
 * follows symbolic links: the kernel resolves them in the guest's name space, where they cannot lead out of what was mapped.
 */
export interface FileTree {
  stat(path: string): FileStat
  readLink(path: string): string
  /** Without '.' and '..'. */
  list(path: string): readonly DirectoryEntry[]
  /** Never a directory. */
  open(path: string, mode: OpenMode): OpenFile
  makeDirectory(path: string, mode: number): void
  symlink(target: string, path: string): void
  link(existing: string, path: string): void
  unlink(path: string): void
  removeDirectory(path: string): void
  rename(from: string, to: string): void
  setMode(path: string, mode: number): void
  setOwner(path: string, uid: number, gid: number): void
  /** Nanoseconds since 1970; undefined leaves a time as it is. */
  setTimes(path: string, accessed: bigint | undefined, modified: bigint | undefined): void
  truncate(path: string, size: number): void
  usage?(): FileTreeUsage
  /** Opens what a link stands for that is no path (/proc/self/fd/1 of a pipe); undefined: it is a link as others. */
  openByLink?(path: string): OpenFile | undefined
}
export interface FileTreeUsage {
  readonly blockSize: number
  readonly blocks: number
  readonly free: number
  readonly available: number
  readonly files: number
  readonly freeFiles: number
}

/** Where a tree appears in the guest. A deeper mount hides what a shallower one has there. */
export interface Mount {
  readonly at: string
  readonly files: FileTree
  /** Every change fails with EROFS. */
  readonly readOnly: boolean
}

export interface LinuxHost {
  readonly mounts: readonly Mount[]
  /** Where the program starts; its path need not be mapped, but then only absolute paths work. */
  readonly directory: string
  readonly stdin: OpenFile
  readonly stdout: OpenFile
  readonly stderr: OpenFile
  readonly user: { readonly uid: number; readonly gid: number }
  /** Nanoseconds since 1970. */
  realtime(): bigint
  /** Nanoseconds since any fixed moment. */
  monotonic(): bigint
  /** Waits; absent where the host cannot (a browser's main thread): sleeps end at once. */
  sleep?(nanoseconds: bigint): void
  random(bytes: Uint8Array): void
  /** One line for the person who runs the program: a system call that is missing and the like. */
  diagnostic(message: string): void
}
