/** `isagen new NAME`: a folder with a starter spec that builds, runs and passes its own tests, and a program for it. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { CommandError, defineCommand, EXIT_OK } from './command.ts'
import { starterProgram, starterSpec } from './starter.ts'

export const command = defineCommand({
  usage: 'new NAME',
  describe: 'Write a folder NAME with a commented starter spec and a program for it, and say what to do next.',
  operands: { least: 1, most: 1, name: 'a NAME' },
  options: {},
  examples: [['isagen new mycpu', 'writes mycpu/mycpu.isa and mycpu/sum.s']],
  run: async ({ operands: [folder = ''] }, terminal) => {
    const name = basename(folder)
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      throw new CommandError(`'${name}' cannot name a machine: lower-case letters, digits and _, a letter first`)
    }
    try {
      mkdirSync(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new CommandError(`${folder} is already there`)
      throw error
    }
    const spec = join(folder, `${name}.isa`)
    const program = join(folder, 'sum.s')
    const binary = join(folder, 'sum.bin')
    writeFileSync(spec, starterSpec.replaceAll('NAME', name))
    writeFileSync(program, starterProgram)
    terminal.out(
      `${spec}  the machine\n${program}  a program for it\n\nNext:\n` +
        `  isagen check ${spec}\n` +
        `  isagen conform --spec ${spec}\n` +
        `  isagen asm ${program} --spec ${spec} -o ${binary}\n` +
        `  isagen run ${binary} --spec ${spec} --raw --stats\n` +
        `  isagen explain --spec ${spec} "add r1, r2, r3"\n` +
        `  isagen build ${spec} --out ${join(folder, 'generated')}\n`,
    )
    return EXIT_OK
  },
})
