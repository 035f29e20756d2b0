/**
 * Events from outside, between instructions: `on reset`, `on tick`, `on nmi`, `on irq when …` of the spec. In: lines that the embedder raises. Out: whether one was
 * taken, as an exit of generated code (abi.ts, MachineEvent). An nmi is an edge: raised once, taken once. An irq is a level: as long as it is raised it is
 * taken whenever its condition holds.
 */

import type { GuestIsa, InterpreterHost, MachineEvent } from './abi.ts'

export type Line = 'irq' | 'nmi'

export class EventLines {
  /** Some line is raised. */
  pending = false
  readonly #events: Readonly<Partial<Record<string, MachineEvent>>>
  readonly #raised = new Set<Line>()

  constructor(isa: GuestIsa, host: InterpreterHost) {
    this.#events = isa.createEvents?.(host) ?? {}
  }

  /** The machine has lines that could end a `wait`. */
  get any(): boolean {
    return this.#events.irq !== undefined || this.#events.nmi !== undefined
  }

  /** Throws RangeError where the spec has no such event. */
  raise(line: Line, on: boolean): void {
    if (!this.#events[line]) throw new RangeError(`this machine has no event ${line}`)
    if (on) this.#raised.add(line)
    else this.#raised.delete(line)
    this.pending = this.#raised.size > 0
  }

  /** Runs the event that may be taken now, nmi before irq; gives its exit. undefined: all that are raised are masked. */
  take(): number | undefined {
    const { irq, nmi } = this.#events
    if (nmi && this.#raised.has('nmi')) {
      this.raise('nmi', false)
      return nmi.run()
    }
    return irq && this.#raised.has('irq') && irq.when() ? irq.run() : undefined
  }

  /** While some line is raised and masked: whether code may run on, with ATTENTION set, until an instruction asks for the engine. */
  get isAttended(): boolean {
    return this.#events.irq?.isAttended?.() ?? false
  }

  reset(): number | undefined {
    return this.#events.reset?.run()
  }

  tick(): number | undefined {
    const { tick } = this.#events
    return tick?.when() ? tick.run() : undefined
  }
}
