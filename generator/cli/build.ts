/** `isagen build`: from specs to folders of TypeScript, one a machine. Files that would not change are left as they are. */

import { existsSync } from 'node:fs'
import { type Artefact, applyChanges, compareArtefacts } from './artefact-folder.ts'
import { CommandError, defineCommand, EXIT_FOUND, EXIT_OK } from './command.ts'
import { compileSpecs } from './compile-specs.ts'
import { refreshCompiled } from './compiled-engines.ts'
import { findSpecFiles, findSpecOfIsa } from './spec-files.ts'
import { counted, grouped, type Terminal } from './terminal.ts'

export const command = defineCommand({
  usage: 'build [SPEC…]',
  describe:
    'Turn every isa of the specs (files or folders; no SPEC: ./isa) into OUT/<isa>/*.ts, which import only isagen/runtime/abi.',
  operands: { least: 0, most: Number.POSITIVE_INFINITY, name: 'a SPEC' },
  options: {
    out: { type: 'string', describe: 'where the folders of the machines go', default: 'generated' },
    isa: {
      type: 'string',
      describe: 'only this machine; no SPEC: one that comes with the package, or is composed by name',
    },
    check: {
      type: 'boolean',
      describe: 'write nothing; list the files that are stale and exit with 1 if there are any',
    },
    stats: { type: 'boolean', describe: 'print time and peak memory' },
    json: { type: 'boolean', describe: 'print one JSON object' },
  },
  examples: [
    ['isagen build', 'every isa under ./isa into ./generated'],
    ['isagen build mycpu.isa --out src/engine', 'a spec of your own'],
    ['isagen build --isa rv64gc_zba_zbb --out src/engine', 'a machine composed from bundled parts'],
    ['isagen build --check', 'in CI: is what is checked in up to date?'],
  ],
  run: async ({ options, operands }, terminal) => {
    const start = performance.now()
    const { isa: name } = options
    const whole = operands.length === 0 && name === undefined
    if (whole && !existsSync('isa')) throw new CommandError('build needs a SPEC: there is no folder isa here')
    const found = findSpecFiles(whole ? ['isa'] : operands.length === 0 ? [findSpecOfIsa(name ?? '')] : operands)
    if (name === undefined && found.isas.length === 0)
      throw new CommandError(`there is no isa in ${operands.join(', ')}, only parts`)
    terminal.progress('compiling')
    const isas = await compileSpecs(found, terminal, name)

    const { emitIsa, unsupported } = await import('../emit/index.ts')
    const reason = isas.map(unsupported).find((one) => one !== undefined)
    if (reason !== undefined) throw new CommandError(reason)
    const artefacts: Artefact[] = []
    for (const [index, isa] of isas.entries()) {
      terminal.progress(`writing ${isa.name} (${index + 1} of ${isas.length})`)
      artefacts.push(...(await emitIsa(isa)))
    }
    // A build of the whole project owns the whole folder: a machine that is gone from the specs goes from there too.
    const changes = compareArtefacts(options.out, artefacts, whole ? [''] : isas.map((isa) => isa.name))
    let compiled = 0
    if (!options.check) {
      applyChanges(options.out, artefacts, changes)
      compiled = await refreshCompiled(
        options.out,
        isas.map((isa) => isa.name),
      )
    }
    terminal.progress('')

    const stale = changes.written.length + changes.deleted.length
    const seconds = (performance.now() - start) / 1000
    const peakMegabytes = process.resourceUsage().maxRSS / 1024
    if (options.json) {
      const names = isas.map((isa) => isa.name)
      terminal.out(`${JSON.stringify({ isas: names, out: options.out, ...changes, seconds, peakMegabytes })}\n`)
    } else if (options.check) {
      for (const path of changes.written) terminal.out(`stale: ${options.out}/${path}\n`)
      for (const path of changes.deleted) terminal.out(`no longer made: ${options.out}/${path}\n`)
      if (stale === 0) terminal.out(`${options.out} is up to date: ${counted(changes.unchanged.length, 'file')}\n`)
    } else {
      for (const isa of isas) terminal.out(summary(isa.name, isa.instructions.length, options.out, artefacts))
      terminal.out(
        `${counted(changes.written.length, 'file')} written, ${changes.unchanged.length} unchanged, ${changes.deleted.length} deleted\n`,
      )
      if (compiled > 0) terminal.out(`${counted(compiled, 'file')} compiled, which \`isagen …\` uses from now on\n`)
    }
    if (options.stats && !options.json) printStats(seconds, peakMegabytes, terminal)
    return options.check && stale > 0 ? EXIT_FOUND : EXIT_OK
  },
})

function summary(name: string, instructions: number, out: string, artefacts: readonly Artefact[]): string {
  const own = artefacts.filter((artefact) => artefact.path.startsWith(`${name}/`))
  const lines = own.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0)
  return `${name}: ${instructions} instructions → ${out}/${name}/ (${counted(own.length, 'file')}, ${grouped(lines)} lines)\n`
}

function printStats(seconds: number, peakMegabytes: number, terminal: Terminal): void {
  const { user, system } = process.cpuUsage()
  const cpu = ((user + system) / 1e6).toFixed(2)
  terminal.err(
    `time ${seconds.toFixed(2)} s (${cpu} s of processor time), peak memory ${peakMegabytes.toFixed(0)} MB\n`,
  )
}
