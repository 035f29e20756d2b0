/**
 * Why `engine.run` came back: what an embedder (a platform such as Linux user mode, a debugger, a test) decides on. Addresses are
 * unsigned guest addresses as bigint, of the width of the guest's pc or memory.
 */

/** The run may go on from the state as it is, with `run` again. */
export interface LimitExit {
  /**
   * limit: `maxInstructions` were run. stop: `engine.stop()` was called. wait: the machine waits for an event (`wait`, as `hlt` does); until one is raised
   * `run` gives the same again.
   */
  readonly kind: 'limit' | 'stop' | 'wait'
  /** Where to go on. */
  readonly pc: bigint
}
/** A trap statement of the spec was reached: nothing of the instruction was done, state.pc is still its address. */
export interface TrapExit {
  readonly kind: 'trap'
  /** Of the trapping instruction. */
  readonly pc: bigint
  /** pc after the instruction, where to go on when the trap is a call for service (ecall): `state.pc = exit.next`. */
  readonly next: bigint
  /** Name and cause number as in the spec. */
  readonly trap: string
  readonly number: number
  /** Arguments of the trap, unsigned. */
  readonly args: readonly bigint[]
}
/** A memory access that is not allowed: nothing of the instruction was done, state.pc is still its address. */
export interface FaultExit {
  readonly kind: 'fault'
  readonly pc: bigint
  /** pc after the instruction; the same as pc when it could not even be fetched. */
  readonly next: bigint
  readonly access: 'read' | 'write' | 'fetch'
  /** The first byte that may not be accessed. */
  readonly address: bigint
}
/** No instruction has these bits. */
export interface IllegalExit {
  readonly kind: 'illegal'
  readonly pc: bigint
  /** What lies at pc, as far as it may be fetched; at most the isa's longest instruction. */
  readonly bytes: Uint8Array
}
export type Exit = LimitExit | TrapExit | FaultExit | IllegalExit
