/**
 * Bundles modules of the project as an embedder's bundler would for a page: one ES module, from the TypeScript sources. In: an entry file. Out: text.
 * Throws when something in it is not there in a browser (node:*, a package that does not resolve).
 */

import { relative } from 'node:path'
import { rolldown } from 'rolldown'
import { projectRoot } from '../oracles/oracle.ts'

export interface BundleOptions {
  readonly minify?: boolean
  /** Modules to leave out, by a pattern on their resolved path or, where they have none, their name. */
  readonly without?: RegExp
}

/** `entry` is a path from the project's root, or an absolute one. */
export async function bundle(entry: string, { minify = false, without }: BundleOptions = {}): Promise<string> {
  const build = await rolldown({
    input: entry,
    cwd: projectRoot,
    platform: 'browser',
    resolve: { conditionNames: ['isagen-source', 'browser', 'import', 'default'] },
    external: (id) => without?.test(id) === true,
    onLog: (_, { message }) => {
      throw new Error(`${relative(projectRoot, entry)}: ${message}`)
    },
  })
  try {
    // Dynamic imports (a machine's assembler) become part of it: one file to serve.
    const { output } = await build.generate({ format: 'esm', minify, codeSplitting: false })
    const foreign = output.flatMap((chunk) =>
      chunk.type === 'chunk' ? [...chunk.imports, ...chunk.dynamicImports] : [],
    )
    const outside = foreign.filter((id) => without?.test(id) !== true)
    if (outside.length > 0) throw new Error(`${entry} imports ${outside.join(', ')}: a browser has no such module`)
    return output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('')
  } finally {
    await build.close()
  }
}
