/**
 * Which instructions may let an interrupt in that is raised and masked: those that write a register which `on irq when …` reads. They look at abi.ATTENTION before they do
 * anything, and leave for the engine while it is set, so that all others run at full speed meanwhile.
 *
 * In: a machine, and the bodies of its instructions. Out: the bodies, with an `attend` first where they need it; and the registers that must hold a certain value
 * for that to be enough: nearly every instruction writes that value there (the flag that delays `ei`), which is no news once it is there.
 */

import { children } from './build.ts'
import type { Expr } from './expr.ts'
import type { Isa } from './isa.ts'
import type { Body, Stmt, WriteRegister } from './stmt.ts'

export interface Attendance {
  readonly bodies: readonly Body[]
  /** By name of a single register; undefined where the condition depends on other things: then each instruction may let it in. */
  readonly settled: ReadonlyMap<string, bigint> | undefined
}

export function attend(isa: Pick<Isa, 'events' | 'registers'>, bodies: readonly Body[]): Attendance {
  const when = isa.events.find(({ name }) => name === 'irq')?.when
  const registers = when && registersOf(when)
  if (!registers) return { bodies, settled: undefined }
  const writes = bodies.map(({ statements }) => writesOf(statements).filter((w) => registers.has(w.register)))
  const settled = new Map<string, bigint>()
  for (const name of registers) {
    const most = writes.filter((some) => some.some((w) => w.register === name)).length * 2 > bodies.length
    const value = writes.flat().find((w) => w.register === name && w.value.kind === 'const')?.value
    const common = isa.registers.find((r) => r.name === name)?.reset
    if (most && value?.kind === 'const' && value.value === common) settled.set(name, value.value)
  }
  const isNews = ({ register, value }: WriteRegister): boolean => {
    return value.kind !== 'const' || settled.get(register) !== value.value
  }
  const attending = writes.map((some) => some.some(isNews))
  if (attending.filter(Boolean).length * 2 > bodies.length) return { bodies, settled: undefined }
  return {
    bodies: bodies.map((body, at): Body => {
      return attending[at] ? { ...body, statements: [{ kind: 'effect', effect: 'attend' }, ...body.statements] } : body
    }),
    settled,
  }
}

/** undefined where the condition depends on more than single registers. */
function registersOf(e: Expr): ReadonlySet<string> | undefined {
  const found = new Set<string>()
  const visit = (x: Expr): boolean => {
    if (x.kind === 'load' || (x.kind === 'read' && x.index)) return false
    if (x.kind === 'read') found.add(x.register)
    return children(x).every(visit)
  }
  return visit(e) ? found : undefined
}

function writesOf(statements: readonly Stmt[]): WriteRegister[] {
  return statements.flatMap((s): WriteRegister[] =>
    s.kind === 'write' ? [s] : s.kind === 'if' ? [...writesOf(s.then), ...writesOf(s.otherwise)] : [],
  )
}
