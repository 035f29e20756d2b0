/** Starts Debian's Chromium without a window, and opens pages in it. Whatever goes wrong in a page, its workers included, ends in `problems`. */

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

export interface OpenPage {
  readonly page: Page
  /** Errors nobody caught, and what was logged as an error. */
  readonly problems: readonly string[]
  /** What the page logged. */
  readonly logged: readonly string[]
}

/** `executable` is the path of Chromium. */
export function startChromium(executable: string): Promise<Browser> {
  // In containers /dev/shm is small.
  return chromium.launch({ executablePath: executable, args: ['--disable-dev-shm-usage'] })
}

/** Pages opened in a browser know nothing of each other; those of one context share what they store. */
export async function openPage(browser: Browser | BrowserContext, url: string): Promise<OpenPage> {
  const page = await browser.newPage()
  const problems: string[] = []
  const logged: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => (message.type() === 'error' ? problems : logged).push(message.text()))
  await page.goto(url)
  return { page, problems, logged }
}
