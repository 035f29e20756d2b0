/** The commands of the command line: one line a command, each loaded only when it is the one that is called. */

import type { Command } from './command.ts'

export interface CommandEntry {
  readonly name: string
  readonly describe: string
  readonly load: () => Promise<{ readonly command: Command }>
}

export const commands: readonly CommandEntry[] = [
  { name: 'build', describe: 'Turn specs into engines (TypeScript)', load: () => import('./build.ts') },
  { name: 'check', describe: 'Report mistakes in specs', load: () => import('./check.ts') },
  { name: 'run', describe: 'Run a guest program', load: () => import('./run.ts') },
  { name: 'profile', describe: 'Run a guest program and show its hottest code', load: () => import('./profile.ts') },
  { name: 'disasm', describe: 'Disassemble a file or bytes', load: () => import('./disasm.ts') },
  { name: 'asm', describe: 'Assemble a file', load: () => import('./asm.ts') },
  { name: 'explain', describe: 'Show all that is known of one instruction', load: () => import('./explain.ts') },
  {
    name: 'conform',
    describe: "Run a spec's tests, or a folder of single-step vectors",
    load: () => import('./conform.ts'),
  },
  { name: 'docs', describe: 'Write the reference manual of a machine (HTML)', load: () => import('./docs.ts') },
  { name: 'new', describe: 'Write a starter spec', load: () => import('./new.ts') },
  { name: 'size', describe: 'Count the lines of specs', load: () => import('./size.ts') },
]
