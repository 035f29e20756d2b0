/**
 * The bundled engines of a clone lie there twice: as generated/NAME/*.ts, which `isagen build` writes, and compiled under dist/generated, which commands
 * load. Here the second follows the first, and an engine that is older than its spec is noticed.
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { packageFolder } from './package-folder.ts'
import { findSpecFiles, findSpecOfIsa } from './spec-files.ts'
import { stripTypes } from './strip-types.ts'

const sources = join(packageFolder, 'generated')
const compiled = join(packageFolder, 'dist', 'generated')

/**
 * After a build of the machines `names` into `out`: compiles the files that are newer than their compiled form, as make would. Nothing to do when `out`
 * is not the package's own folder, or the package was never compiled. Declarations (.d.ts) are left to `npm run build`: those of a machine do not
 * change with its spec. Gives the number of files it wrote.
 */
export async function refreshCompiled(out: string, names: readonly string[]): Promise<number> {
  if (resolve(out) !== sources || !existsSync(compiled)) return 0
  let written = 0
  for (const name of names) {
    for (const file of readdirSync(join(sources, name))) {
      if (!file.endsWith('.ts')) continue
      const source = join(sources, name, file)
      const target = join(compiled, name, file.replace(/\.ts$/, '.js'))
      if (timeOf(target) >= timeOf(source)) continue
      mkdirSync(join(compiled, name), { recursive: true })
      writeFileSync(target, await stripTypes(readFileSync(source, 'utf8')))
      rmSync(`${target}.map`, { force: true })
      written++
    }
  }
  return written
}

/** Milliseconds; before all times when there is no such file. */
function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY
}

/** The first file of the bundled machine's spec whose text is not what the engine was made from; undefined: none. The banner of its files names them. */
export function changedSpec(engines: string, name: string): string | undefined {
  const module = ['index.js', 'index.ts'].map((file) => join(engines, name, file)).find((path) => existsSync(path))
  if (module === undefined) return undefined
  const [banner = ''] = /^(?:\/\/.*\n)*/.exec(readFileSync(module, 'utf8')) ?? []
  const digests = new Map(
    [...banner.matchAll(/^\/\/ {3}(\S+) ([\da-f]+)$/gm)].map(([, file, digest]) => [file, digest]),
  )
  const { files } = findSpecFiles([findSpecOfIsa(name)])
  const changed = files.find(({ path, text }) => {
    const digest = digests.get(basename(path))
    return digest !== undefined && !createHash('sha256').update(text).digest('hex').startsWith(digest)
  })
  return changed?.file
}
