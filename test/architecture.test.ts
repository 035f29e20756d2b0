/**
 * The rules of ARCHITECTURE.md, read off the tree itself: who imports whom, where an architecture may be named, how long a file may be, and that
 * every diagnostic has a test.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { countLines } from '../generator/cli/size.ts'
import { codes } from '../generator/diagnostics/codes.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface SourceFile {
  /** From the project's root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}
interface Import {
  /** As written: "./x.ts", "node:fs", "isagen/runtime/abi". */
  readonly specifier: string
  /** Path of the file for a relative import. */
  readonly file: string | undefined
  readonly dynamic: boolean
}

const runtime = sourceFiles('runtime')
const generator = sourceFiles('generator')
const generated = sourceFiles('generated')
const tests = sourceFiles('test')

describe('imports', () => {
  test('runtime/ imports nothing outside itself', () => {
    expect(offences(runtime, ({ file }) => file?.startsWith('runtime/') !== true)).toEqual([])
  })

  test('generated/ imports its own machine, and the runtime’s seams by package name', () => {
    expect(
      offences(generated, ({ specifier, file }, from) => {
        if (specifier === 'isagen/runtime/abi' || specifier === 'isagen/runtime/assembly') return false
        return file === undefined || machineOf(file) !== machineOf(from)
      }),
    ).toEqual([])
  })

  test('generator/ knows the runtime’s two seams alone, and never generated/', () => {
    expect(
      offences(generator, ({ specifier, file, dynamic }, from) => {
        // The composition root loads engines by the names that users have.
        if (composes(from) && dynamic && specifier.startsWith('isagen/')) return false
        if (composes(from) && /^isagen\/(runtime|linux)/.test(specifier)) return false
        if (specifier.startsWith('isagen/')) return true
        return file !== undefined && !file.startsWith('generator/') && !isSeam(file)
      }),
    ).toEqual([])
  })

  test('in generator/: syntax ← check ← ir ← emit', () => {
    /** What each part may import, beside itself and diagnostics/. */
    const allowed: Readonly<Record<string, readonly string[]>> = {
      syntax: [],
      ir: [],
      check: ['syntax', 'ir'],
      emit: ['ir'],
      diagnostics: ['syntax'],
    }
    expect(
      offences(generator, ({ file }, from) => {
        const [here, there] = [partOf(from), file?.startsWith('generator/') && partOf(file)]
        const may = allowed[here]
        if (!may || !there || there === here || there === 'diagnostics') return false
        return !may.includes(there)
      }),
    ).toEqual([])
  })

  test('code cache, hotspot detector and slab allocator know neither Wasm nor each other', () => {
    const apart = /^runtime\/(?:cache|code-cache|hotspot|slab)(?:-\w+)?(?:\.ts|\/)/
    const own = (path: string): string => /code-cache|cache|hotspot|slab/.exec(path)?.[0] ?? path
    const found = offences(
      runtime.filter(({ path }) => apart.test(path)),
      ({ file }, from) => {
        if (file === undefined) return true
        return file.startsWith('runtime/jit/') || (apart.test(file) && own(file) !== own(from))
      },
    )
    expect(found).toEqual([])
    expect(
      runtime.filter(({ path, text }) => apart.test(path) && /\bWebAssembly\b/.test(text)).map((f) => f.path),
    ).toEqual([])
  })
})

test('no architecture is named in generator/ or in the core of runtime/', () => {
  const names =
    /\b(?:risc-?v|rv(?:32|64)\w*|mos6502|6502|65c02|z80|x86(?:[-_]64)?|amd64|i8086|aarch64|arm64|thumb|r3000|chip-?8|sm83)\b/i
  const core = [...generator, ...runtime.filter(({ path }) => !path.startsWith('runtime/linux/'))]
  const found = core.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => {
      // Examples of command lines, in the help of commands.
      const example = path.startsWith('generator/cli/') && line.includes('isagen ')
      return names.test(line) && !example ? [`${path}:${i + 1}: ${line.trim()}`] : []
    }),
  )
  expect(found).toEqual([])
})

test('no file is longer than 600 lines', () => {
  const lines = ({ text }: SourceFile): number => text.split('\n').length
  const long = [...generator, ...runtime, ...tests].filter((file) => lines(file) > 600)
  expect(long.map((file) => `${file.path}: ${lines(file)}`)).toEqual([])
})

test('specs stay as short as they are', () => {
  const lines = (...paths: string[]): number =>
    paths.reduce((sum, path) => sum + countLines(readFileSync(join(root, 'isa', path), 'utf8')), 0)
  expect(lines('riscv/rv_i.isa', 'riscv/rv_m.isa')).toBeLessThanOrEqual(255)
  expect(lines('mos6502/mos6502.isa')).toBeLessThanOrEqual(220)
  expect(lines('mos6502/wdc65c02.isa')).toBeLessThanOrEqual(80)
  expect(lines('mips/r3000.isa')).toBeLessThanOrEqual(260)
  expect(lines('chip8/chip8.isa')).toBeLessThanOrEqual(110)
  expect(lines('sm83/sm83.isa')).toBeLessThanOrEqual(260)
  expect(lines('z80/z80.isa')).toBeLessThanOrEqual(420)
})

test('every diagnostic code has a filetest', () => {
  const texts = allFiles(join(root, 'test/filetests')).map((path) => readFileSync(path, 'utf8'))
  const missing = Object.keys(codes).filter((code) => !texts.some((text) => text.includes(code)))
  expect(missing).toEqual([])
})

/** "FILE imports SPECIFIER" for each import that `wrong` says so of. */
function offences(files: readonly SourceFile[], wrong: (used: Import, from: string) => boolean): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((used) => wrong(used, path)).map(({ specifier }) => `${path} imports ${specifier}`),
  )
}

/** "emit" of generator/emit/templates/x.ts; a file directly in generator/ belongs to no part. */
function partOf(path: string): string {
  const [, part, ...rest] = path.split('/')
  return part !== undefined && rest.length > 0 ? part : ''
}

function machineOf(path: string): string | undefined {
  return path.startsWith('generated/') ? path.split('/')[1] : undefined
}

/** What generated code and the generator know of the runtime: the ABI, and the tables of assemblers. */
function isSeam(path: string): boolean {
  return path === 'runtime/abi.ts' || path.startsWith('runtime/assembly/')
}

/** Files that put generator, runtime and generated engines together. */
function composes(path: string): boolean {
  return path.startsWith('generator/cli/') || path.startsWith('generator/host/')
}

function sourceFiles(folder: string): SourceFile[] {
  return allFiles(join(root, folder))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(path, 'utf8')
      const own = relative(root, path).replaceAll('\\', '/')
      return { path: own, text, imports: importsOf(own, text) }
    })
}

/** Specifiers that are worked out at run time are not seen. */
function importsOf(path: string, text: string): Import[] {
  const forms = [
    /^(?:import|export)\s+(?:type\s+)?(?:\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*\{[^}]*\})?)\s+from\s+'([^'\n]+)'/gm,
    /^import\s+'([^'\n]+)'/gm,
  ]
  const fixed = forms.flatMap((form) =>
    [...text.matchAll(form)].map(([, specifier = '']) => importOf(path, specifier, false)),
  )
  const dynamic = [...text.matchAll(/\bimport\(\s*['"`]([^'"`\n]+)['"`]/g)]
  return [...fixed, ...dynamic.map(([, specifier = '']) => importOf(path, specifier, true))]
}

function importOf(from: string, specifier: string, dynamic: boolean): Import {
  const file = specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : undefined
  return { specifier, file, dynamic }
}

function allFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? allFiles(path) : [path]
  })
}
