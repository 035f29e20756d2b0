/**
 * /proc, as far as programs ask for it: the process itself by its number and as `self`, and a few texts about the system. In: the kernel, asked anew at
 * each access. Out: a tree to mount. Formats as in proc(5).
 */

import { EXEC, READ, WRITE } from '../memory.ts'
import { ENOENT, ENOTDIR, fail } from './errno.ts'
import { type FileStat, type FileTree, type OpenFile, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from './host.ts'
import { elapsed, type Kernel, SECOND } from './kernel.ts'
import { syntheticStat, UNCHANGEABLE } from './read-only-tree.ts'
import { text } from './user-memory.ts'

type Node =
  | { readonly kind: 'file'; readonly content: (kernel: Kernel) => string | Uint8Array }
  | { readonly kind: 'link'; readonly target: (kernel: Kernel) => string }
  | { readonly kind: 'folder'; readonly entries: (kernel: Kernel) => ReadonlyMap<string, Node> }

const file = (content: (kernel: Kernel) => string | Uint8Array): Node => ({ kind: 'file', content })
const link = (target: (kernel: Kernel) => string): Node => ({ kind: 'link', target })
const folder = (entries: Readonly<Record<string, Node>>): Node => {
  const map = new Map(Object.entries(entries))
  return { kind: 'folder', entries: () => map }
}

const fd: Node = {
  kind: 'folder',
  entries: ({ descriptors }) =>
    new Map(
      descriptors.numbers().map((number) => [`${number}`, link((kernel) => kernel.descriptors.get(number).path)]),
    ),
}

const PROCESS: Node = folder({
  auxv: file(({ memory, program }) => memory.guest.read(program.auxiliary.address, program.auxiliary.length)),
  cmdline: file(({ memory, program: { argv } }) => memory.guest.read(argv[0], argv[1] - argv[0])),
  comm: file((kernel) => `${kernel.threadName}\n`),
  cwd: link((kernel) => kernel.directory),
  environ: file(({ memory, program: { env } }) => memory.guest.read(env[0], env[1] - env[0])),
  exe: link((kernel) => kernel.program.executable),
  fd,
  limits: file(limits),
  maps: file(maps),
  mounts: file(mounts),
  root: link(() => '/'),
  stat: file(stat),
  statm: file((kernel) => {
    const pages = Math.ceil(mapped(kernel) / 4096)
    return `${pages} ${pages} 0 0 0 ${pages} 0\n`
  }),
  status: file(status),
})

const SYSTEM: Readonly<Record<string, Node>> = {
  cpuinfo: file(({ cpuinfo }) => `${[['processor', '0'], ...cpuinfo].map(([k, v]) => `${k}\t: ${v}\n`).join('')}\n`),
  filesystems: file(() => 'nodev\tproc\nnodev\ttmpfs\n'),
  loadavg: file((kernel) => `0.00 0.00 0.00 1/1 ${kernel.pid}\n`),
  meminfo: file(meminfo),
  mounts: link(() => 'self/mounts'),
  self: link((kernel) => `${kernel.pid}`),
  stat: file((kernel) => {
    const ticks = elapsed(kernel) / (SECOND / 100n)
    return `cpu  ${ticks} 0 0 0 0 0 0 0 0 0\ncpu0 ${ticks} 0 0 0 0 0 0 0 0 0\nbtime ${(kernel.host.realtime() - elapsed(kernel)) / SECOND}\n`
  }),
  sys: folder({
    kernel: folder({
      hostname: file((kernel) => `${kernel.system.node}\n`),
      osrelease: file((kernel) => `${kernel.system.release}\n`),
      ostype: file((kernel) => `${kernel.system.name}\n`),
      pid_max: file(() => '32768\n'),
      random: folder({ uuid: file(uuid) }),
      version: file((kernel) => `${kernel.system.version}\n`),
    }),
    vm: folder({ mmap_min_addr: file(() => '65536\n'), overcommit_memory: file(() => '0\n') }),
  }),
  uptime: file((kernel) => `${seconds(elapsed(kernel))} 0.00\n`),
  version: file(({ system }) => `${system.name} version ${system.release} ${system.version}\n`),
}

/** A tree to mount at /proc. */
export function procFiles(kernelOf: () => Kernel): FileTree {
  const root = {
    kind: 'folder' as const,
    entries: (kernel: Kernel): ReadonlyMap<string, Node> =>
      new Map([...Object.entries(SYSTEM), [`${kernel.pid}`, PROCESS]]),
  }
  const find = (path: string): Node => {
    let node: Node = root
    for (const name of path.split('/')) {
      if (name === '') continue
      if (node.kind !== 'folder') fail(ENOTDIR)
      node = node.entries(kernelOf()).get(name) ?? fail(ENOENT)
    }
    return node
  }
  return {
    ...UNCHANGEABLE,
    stat: (path) => statOf(find(path), path),
    readLink(path) {
      const node = find(path)
      return node.kind === 'link' ? node.target(kernelOf()) : fail(ENOENT)
    },
    list(path) {
      const node = find(path)
      if (node.kind !== 'folder') return fail(ENOTDIR)
      const below = path === '/' ? '/' : `${path}/`
      return [...node.entries(kernelOf())].map(([name, child]) => {
        const { inode, mode } = statOf(child, `${below}${name}`)
        return { name, inode, type: mode & S_IFMT }
      })
    },
    open(path) {
      const node = find(path)
      return node.kind === 'file' ? openText(node.content(kernelOf()), statOf(node, path)) : fail(ENOENT)
    },
    openByLink(path) {
      const [, number] = /^\/\d+\/fd\/(\d+)$/.exec(path) ?? []
      if (number === undefined) return undefined
      const { file } = kernelOf().descriptors.get(Number(number))
      // It stays open as long as the descriptor that the link stands for.
      return file && shared(file)
    },
  }
}

/** Methods of a class would be lost by spreading. */
function shared(file: OpenFile): OpenFile {
  return Object.create(file, { close: { value: () => {}, enumerable: true } }) as OpenFile
}

/** What it was when it was opened. */
function openText(content: string | Uint8Array, stat: FileStat): OpenFile {
  const bytes = typeof content === 'string' ? text(content) : content
  return {
    seekable: true,
    stat: () => stat,
    read: (buffer, position) => {
      const part = bytes.subarray(position, position + buffer.length)
      buffer.set(part)
      return part.length
    },
    write: () => fail(ENOENT),
    close: () => {},
  }
}

const MODES = { file: S_IFREG | 0o444, link: S_IFLNK | 0o777, folder: S_IFDIR | 0o555 } as const

/** Inodes are made of the names, so that each is the same at every look (FNV-1a). */
function statOf({ kind }: Node, path: string): FileStat {
  let hash = 0x811c9dc5
  for (const byte of text(path)) hash = Math.imul(hash ^ byte, 0x01000193)
  return syntheticStat(MODES[kind], BigInt(hash >>> 0) + 1n, 20n)
}

// ---- texts

function maps({ space }: Kernel): string {
  const lines = space.regions().map(({ start, end, permissions, content }) => {
    const bits = `${permissions & READ ? 'r' : '-'}${permissions & WRITE ? 'w' : '-'}${permissions & EXEC ? 'x' : '-'}p`
    const range = `${hex(start, 8)}-${hex(end, 8)}`
    const front = `${range} ${bits} ${hex(content?.offset ?? 0, 8)} 00:00 0`
    return `${content === undefined ? `${front} ` : `${front.padEnd(72)} ${content.name}`}\n`
  })
  return lines.join('')
}

function mapped({ space }: Kernel): number {
  return space.regions().reduce((sum, { start, end }) => sum + end - start, 0)
}

function mounts({ names }: Kernel): string {
  return names.mounts.map(({ at, readOnly }) => `none ${at} tmpfs ${readOnly ? 'ro' : 'rw'} 0 0\n`).join('')
}

/** The 52 fields of proc(5); what is not known is 0. */
function stat(kernel: Kernel): string {
  const { pid } = kernel
  const fields = Array<string>(49).fill('0')
  const ticks = elapsed(kernel) / (SECOND / 100n)
  const known: readonly (readonly [field: number, value: number | bigint])[] = [
    [4, 1],
    [5, pid],
    [6, pid],
    [14, ticks],
    [20, 1],
    [23, mapped(kernel)],
    [24, mapped(kernel) / 4096],
    [28, kernel.program.stackPointer],
  ]
  for (const [field, value] of known) fields[field - 4] = `${value}`
  return `${pid} (${kernel.threadName}) R ${fields.join(' ')}\n`
}

function status(kernel: Kernel): string {
  const { pid, user } = kernel
  const size = `${mapped(kernel) / 1024} kB`
  const rows = [
    ['Name', kernel.threadName],
    ['Umask', kernel.umask.toString(8).padStart(4, '0')],
    ['State', 'R (running)'],
    ['Tgid', pid],
    ['Pid', pid],
    ['PPid', 1],
    ['TracerPid', 0],
    ['Uid', Array(4).fill(user.uid).join('\t')],
    ['Gid', Array(4).fill(user.gid).join('\t')],
    ['VmPeak', size],
    ['VmSize', size],
    ['VmRSS', size],
    ['Threads', 1],
    ['Cpus_allowed', 1],
    ['Cpus_allowed_list', 0],
  ]
  return rows.map(([key, value]) => `${key}:\t${value}\n`).join('')
}

function limits(): string {
  const head = ['Limit'.padEnd(26), 'Soft Limit'.padEnd(21), 'Hard Limit'.padEnd(21), 'Units'].join('')
  const row = (name: string, value: string, unit: string): string =>
    `${name.padEnd(26)}${value.padEnd(21)}${value.padEnd(21)}${unit}`
  return `${[head, row('Max stack size', '8388608', 'bytes'), row('Max open files', '1024', 'files')].join('\n')}\n`
}

function meminfo(kernel: Kernel): string {
  const total = kernel.memory.guest.size
  const free = Math.max(total - mapped(kernel), 0)
  const rows = { MemTotal: total, MemFree: free, MemAvailable: free, Buffers: 0, Cached: 0, SwapTotal: 0, SwapFree: 0 }
  return Object.entries(rows)
    .map(([key, bytes]) => `${`${key}:`.padEnd(16)}${`${bytes / 1024}`.padStart(8)} kB\n`)
    .join('')
}

/** RFC 4122, version 4. */
function uuid({ host }: Kernel): string {
  const bytes = new Uint8Array(16)
  host.random(bytes)
  bytes[6] = (bytes[6]! & 15) | 0x40
  bytes[8] = (bytes[8]! & 63) | 0x80
  const digits = [...bytes].map((byte) => hex(byte, 2)).join('')
  return `${digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}\n`
}

function seconds(nanoseconds: bigint): string {
  return (Number(nanoseconds) / 1e9).toFixed(2)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
