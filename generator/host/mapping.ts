/** Which folder or file of the host a guest sees where: `GUEST[=HOST][:ro|rw]` on a command line. */

import { resolve } from 'node:path'
import { absolutePath } from 'isagen/linux'

export interface Mapping {
  /** Absolute and normal path in the guest. */
  readonly guest: string
  /** Folder or file of the host. */
  readonly host: string
  readonly readOnly: boolean
}

/** Without a host path it is the guest's; without a mode, read-only. A relative path counts from the current folder. Throws RangeError. */
export function parseMapping(text: string): Mapping {
  const [, both = text, mode = 'ro'] = /^(.*):(ro|rw)$/s.exec(text) ?? []
  const at = both.indexOf('=')
  const guest = at < 0 ? resolve(both) : both.slice(0, at)
  const host = resolve(at < 0 ? both : both.slice(at + 1))
  if (both === '' || at === both.length - 1) throw new RangeError(`'${text}' is not GUEST[=HOST][:ro|rw]`)
  if (!guest.startsWith('/')) throw new RangeError(`'${guest}' in '${text}' is not an absolute path of the guest`)
  return { guest: absolutePath('/', guest), host, readOnly: mode === 'ro' }
}
