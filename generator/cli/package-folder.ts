/** Where this package lies: the folder of its package.json, whether its code runs from dist/ or from a clone's sources. */

import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const packageFolder = findPackageFolder()

function findPackageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!statSync(join(folder, 'package.json'), { throwIfNoEntry: false })?.isFile()) folder = dirname(folder)
  return folder
}
