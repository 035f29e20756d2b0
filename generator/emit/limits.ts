/** What emitters cannot make yet though it checks. In: a checked isa. Out: why not, in a sentence, or undefined. */

import type { Isa } from '../ir/isa.ts'

export function unsupported(isa: Isa): string | undefined {
  const context = isa.registers.filter((register) => register.context).map(({ name }) => name)
  if (context.length > 0)
    return `decoding of ${isa.name} depends on context (${context.join(', ')}), for which no engine can be made yet`
  return undefined
}
