/**
 * Bundles modules of the project as an embedder's bundler would for a page: one ES module, from the TypeScript sources. In: an entry file. Out: text.
 * Throws when something in it is not there in a browser (node:*, a package that does not resolve).
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { rolldown } from 'rolldown'

export interface BundleOptions {
  readonly minify?: boolean
  /** Modules to leave out, by a pattern on their names and paths. */
  readonly without?: RegExp
}

/** The same of a text, which may import by the package's own name and from the project's root (`./test/…`). */
export async function bundleText(root: string, text: string): Promise<string> {
  // Inside the project, so that the package's own name resolves as it does for those who installed it.
  const cache = join(root, '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'browser-'))
  try {
    const file = join(folder, 'entry.js')
    writeFileSync(file, text.replaceAll("from './", "from '../../"))
    return await bundle(root, relative(root, file))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `root` is the project's folder, `entry` a path from there. */
export async function bundle(root: string, entry: string, options: BundleOptions = {}): Promise<string> {
  const { minify = false, without } = options
  const isLeftOut = (id: string): boolean => without?.test(id) === true
  const build = await rolldown({
    input: join(root, entry),
    cwd: root,
    platform: 'browser',
    resolve: { conditionNames: ['isagen-source', 'browser', 'import', 'default'] },
    external: isLeftOut,
    onLog: (_, { message }) => {
      throw new Error(`${entry}: ${message}`)
    },
  })
  try {
    // What is imported dynamically (a machine's assembler) becomes part of it: one file to serve.
    const { output } = await build.generate({ format: 'esm', minify, codeSplitting: false })
    const chunks = output.filter((part) => part.type === 'chunk')
    const foreign = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
    const missing = foreign.filter((id) => !isLeftOut(id) && !chunks.some(({ fileName }) => fileName === id))
    if (missing.length > 0) throw new Error(`${entry} imports ${missing.join(', ')}: a browser has no such module`)
    return chunks.map(({ code }) => code).join('')
  } finally {
    await build.close()
  }
}
