// Makes one file of a command and all that it imports, as Node loads many small ones slowly: 1 ms each. What a command imports dynamically stays apart, and so do the
// files that others may have loaded already and know things of by identity.

import { writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { rolldown } from 'rolldown'

const shared = ['command.js', 'terminal.js']

/** `file`: a compiled command in dist/generator/cli, which becomes the bundle; `always`: what it imports dynamically, and nearly always. */
export async function bundleCommand(file, always) {
  const folder = dirname(file)
  const build = await rolldown({
    input: file,
    cwd: folder,
    platform: 'node',
    external: (id) => id.startsWith('node:'),
    plugins: [
      {
        name: 'apart',
        resolveDynamicImport: (specifier) =>
          typeof specifier === 'string' && !always.includes(specifier) ? { id: specifier, external: true } : undefined,
        resolveId(specifier, importer) {
          const isShared = importer && dirname(importer) === folder && shared.includes(basename(specifier))
          return isShared ? { id: specifier, external: true } : undefined
        },
      },
    ],
    onLog: (_, { message }) => {
      throw new Error(`${basename(file)}: ${message}`)
    },
  })
  const { output } = await build.generate({
    format: 'esm',
    codeSplitting: false,
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  })
  await build.close()
  writeFileSync(file, output[0].code)
}
