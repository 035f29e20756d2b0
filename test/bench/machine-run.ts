/**
 * One measurement of `npm run bench -- --machines`, a process of its own, so that no engine meets code that the host has specialised for another.
 * Takes: machine, tier, instructions to warm up, instructions to measure. Prints one MachineRun as JSON.
 */

import type { Tier } from 'isagen/runtime'
import { cyclesOf, loadMachine, runFor } from './machines.ts'

export interface MachineRun {
  /** Processor time of all threads over the measured instructions. */
  readonly seconds: number
  /** Over the measured instructions; absent where the spec counts none. */
  readonly cycles?: number
}

const [name = '', tier = '', warmUp, instructions] = process.argv.slice(2)
const { engine } = await loadMachine(name, tier as Tier)
runFor(engine, Number(warmUp))
const cyclesBefore = cyclesOf(engine)
const before = process.cpuUsage()
runFor(engine, Number(instructions))
const { user, system } = process.cpuUsage(before)
const cyclesAfter = cyclesOf(engine)
const result: MachineRun = {
  seconds: (user + system) / 1e6,
  ...(cyclesBefore !== undefined && cyclesAfter !== undefined && { cycles: Number(cyclesAfter - cyclesBefore) }),
}
console.log(JSON.stringify(result))
