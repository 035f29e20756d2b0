/**
 * Binding times: when a value is known. constant < decode (fields) < translate (pc, next, and registers that key the code cache) < run.
 * Inferred from the expression, never written in a spec.
 */

import { children } from './build.ts'
import type { Expr } from './expr.ts'

export type BindingTime = 'constant' | 'decode' | 'translate' | 'run'
const order: readonly BindingTime[] = ['constant', 'decode', 'translate', 'run']

export function bindingTime(e: Expr): BindingTime {
  const own: BindingTime =
    e.kind === 'field' || e.kind === 'slot' || e.kind === 'hole'
      ? 'decode'
      : e.kind === 'pc' || e.kind === 'next'
        ? 'translate'
        : e.kind === 'local' || e.kind === 'read' || e.kind === 'load' || e.kind === 'undef'
          ? 'run'
          : 'constant'
  return children(e).reduce((latest, child) => later(latest, bindingTime(child)), own)
}
function later(a: BindingTime, b: BindingTime): BindingTime {
  return order.indexOf(a) >= order.indexOf(b) ? a : b
}
export function isDecodeTime(e: Expr): boolean {
  const time = bindingTime(e)
  return time === 'constant' || time === 'decode'
}
