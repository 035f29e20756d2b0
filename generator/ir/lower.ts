/**
 * From a body as check/ made it to one that engines can run: the passes over bodies, in order. Emitters call slots.ts, which calls this.
 */

import type { Isa } from './isa.ts'
import { legalize } from './legalize.ts'
import { makePrecise } from './precise.ts'
import { propagate } from './propagate.ts'
import type { Body } from './stmt.ts'
import { readUndefined } from './undefined.ts'

export function lowerBody(isa: Isa, body: Body): Body {
  return makePrecise(isa, legalize(isa, propagate(readUndefined(isa, body)))).body
}
