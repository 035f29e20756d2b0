/**
 * `npm run bench:browser [-- --port N]` serves the page of benchmarks until it is interrupted; with `--headless` it is opened in Chromium without a window
 * (`--chromium PATH`, default "/usr/bin/chromium"), and its table printed. `--quick` runs each program once and briefly.
 */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { serveBench } from './bench-server.ts'
import { openPage, startChromium } from './chromium.ts'

/** From .cache/browser/test/browser, where this file is compiled to. */
const root = join(fileURLToPath(new URL('.', import.meta.url)), '../../../..')
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    headless: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
})
const server = await serveBench(root, Number(values.port))
const url = `${server.origin}/${values.quick ? '?quick' : ''}`
if (values.headless) {
  const browser = await startChromium(values.chromium)
  try {
    const { page } = await openPage(browser, url)
    await page.waitForFunction(
      () => /^(?:done|failed)/.test(document.querySelector('#state')?.textContent ?? ''),
      null,
      {
        timeout: 0,
      },
    )
    console.log(await page.innerText('table'))
    console.log(await page.innerText('#state'))
  } finally {
    await browser.close()
    server.close()
  }
} else console.log(`${url}  (Ctrl-C ends it)`)
