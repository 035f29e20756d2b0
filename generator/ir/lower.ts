/**
 * From a body as check/ made it to one that engines can run: the passes over bodies, in order. Emitters call slots.ts, which calls this.
 */

import { withoutFusing } from './fusing.ts'
import type { Isa } from './isa.ts'
import { legalize } from './legalize.ts'
import { makePrecise } from './precise.ts'
import { propagate } from './propagate.ts'
import type { Body } from './stmt.ts'
import { readUndefined } from './undefined.ts'

/** `fuses`: for hosts that round a product and a sum once. */
export function lowerBody(isa: Isa, body: Body, fuses = false): Body {
  const settled = fuses ? body : withoutFusing(body)
  return makePrecise(isa, legalize(isa, propagate(readUndefined(isa, settled)))).body
}
