/**
 * The engines in a browser, Debian's Chromium without a window: the tests in the specs, guest programs in every tier, the example of docs/embedding.md and
 * the page of benchmarks. All of it runs in workers, of modules bundled for a page: nothing there comes from Node.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { benchTiers } from '../browser/bench-programs.ts'
import { benchPrograms, serveBench } from '../browser/bench-server.ts'
import { bundle, bundleText } from '../browser/bundle.ts'
import { type OpenPage, openPage, startChromium } from '../browser/chromium.ts'
import { type PageServer, servePages } from '../browser/server.ts'
import type { Answer, Request } from '../browser/suite-worker.ts'
import { oracle, projectRoot } from '../oracles/oracle.ts'

const chromium = oracle('chromium')
const guest = (name: string): string => join(projectRoot, 'test/guests', name)
/** The bundled ones, all of them. */
const machines = readdirSync(join(projectRoot, 'generated'))
const text = (path: string): string => readFileSync(join(projectRoot, path), 'utf8')

function suiteWorker(isas: readonly string[]): string {
  const imports = isas.map((isa) => `import { isa as ${isa} } from 'isagen/generated/${isa}'\n`)
  return `${imports.join('')}import { answerRequests } from './test/browser/suite-worker.ts'\nanswerRequests([${isas.join(', ')}])\n`
}

describe.skipIf(chromium === undefined)('Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium(chromium ?? '')
  })
  afterAll(() => browser?.close())

  describe('the engines', () => {
    let server: PageServer
    let suite: OpenPage
    beforeAll(async () => {
      const worker = await bundleText(projectRoot, suiteWorker(machines))
      const page = text('test/browser/suite-page.html')
      server = await servePages((path) => {
        if (path === '') return { text: page }
        return path === 'worker.js' ? { text: worker } : { file: guest(path) }
      })
      suite = await openPage(browser, `${server.origin}/`)
    })
    afterAll(() => server?.close())

    async function ask<R extends Request>(request: R, of = suite): Promise<Extract<Answer, { kind: R['kind'] }>> {
      const answer = await of.page.evaluate(
        (value) => (globalThis as unknown as { ask(request: Request): Promise<Answer> }).ask(value),
        request as Request,
      )
      if (answer.kind !== request.kind) throw new Error(answer.kind === 'error' ? answer.message : answer.kind)
      expect(of.problems).toEqual([])
      return answer as Extract<Answer, { kind: R['kind'] }>
    }

    const stepTiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising'] as const
    describe.each(machines)('tests in the spec of %s', (isa) => {
      test.each(stepTiers)('%s', async (tier) => {
        const { count, failures } = await ask({ kind: 'tests', isa, tier })
        expect(failures).toEqual([])
        expect(count).toBeGreaterThan(0)
      })
    })

    const hello = `Hello from riscv32 Linux!
argument 1: one
argument 2: two words
primes below 1048576: 82025
sha256 of that sieve: 3b4f0755c37abdad220db32843b9d840087c2aeab0da45642245ce4ce88506a3
`
    /** What they print under qemu-user. */
    const programs = [
      { file: 'interpreter.rv64.elf', isa: 'rv64imac', args: ['50000'], output: 'interpreter 1599821 77711406\n' },
      { file: 'mandelbrot.rv64.elf', isa: 'rv64gc', args: ['60'], output: 'mandelbrot 1424 714d5ff2\n' },
      { file: 'hello.rv32.elf', isa: 'rv32imac', args: ['one', 'two words'], output: hello },
    ]
    describe.each(programs)('$file', ({ file, isa, args, output }) => {
      test.each([...stepTiers, 'auto'] as const)('%s', async (tier) => {
        const answer = await ask({ kind: 'program', isa, tier, url: file, argv: [file, ...args] })
        expect(answer).toMatchObject({ output, end: 'exit 0', tier })
        const { interpreter, baseline, optimising } = answer.instructions
        if (tier.endsWith('interpreter')) expect(baseline + optimising).toBe(0)
        else expect(baseline + optimising).toBeGreaterThan(0)
        if (tier === 'auto') expect(interpreter).toBeGreaterThan(0)
        if (tier === 'optimising') expect(optimising).toBeGreaterThan(0)
      })
    })

    test('the second load of a page uses what the first one compiled; a damaged record gives a note', async () => {
      const request = {
        kind: 'program',
        isa: 'rv32imac',
        tier: 'baseline',
        url: 'hello.rv32.elf',
        argv: ['hello.rv32.elf', 'one', 'two words'],
        keeps: true,
      } as const
      const context = await browser.newContext()
      try {
        const opened = await openPage(context, `${server.origin}/`)
        const first = await ask(request, opened)
        expect(first).toMatchObject({ output: hello, notes: [], stored: { units: 0 } })
        await opened.page.reload()
        const second = await ask(request, opened)
        expect(second).toMatchObject({ output: hello, notes: [], stored: { refused: 0 } })
        expect(second.stored?.used).toBeGreaterThan(10)
        expect(second.modules).toBeLessThan(first.modules / 4)

        await opened.page.evaluate(damageRecords)
        await opened.page.reload()
        const third = await ask(request, opened)
        expect(third).toMatchObject({ output: hello, stored: { units: 0 } })
        expect(third.notes).toEqual(['translations are not used: they are damaged'])

        // Two tabs at the same time, with what that run left.
        const other = await openPage(context, `${server.origin}/`)
        await opened.page.reload()
        for (const answer of await Promise.all([ask(request, opened), ask(request, other)])) {
          expect(answer).toMatchObject({ output: hello, notes: [], stored: { refused: 0 } })
          expect(answer.stored?.used).toBeGreaterThan(10)
        }
      } finally {
        await context.close()
      }
    })
  })

  /** The worker as it stands in the text, bundled, and the page as it stands there. */
  test('the example of docs/embedding.md', async () => {
    const block = (language: string): string =>
      new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text('docs/embedding.md'))?.[1] ?? ''
    const worker = await bundleText(projectRoot, block('js'))
    const server = await servePages((path) => {
      if (path === '') return { text: block('html') }
      return path === 'worker.js' ? { text: worker } : { file: guest(path) }
    })
    try {
      const { page, problems } = await openPage(browser, `${server.origin}/`)
      await page.waitForFunction(() => document.querySelector('#output')?.textContent?.includes('exit'))
      const output = await page.innerText('#output')
      expect(output).toContain('Hello from riscv64 Linux!\nargument 1: from a page\n')
      expect(output).toMatch(/exit 0, tier auto$/)
      expect(problems).toEqual([])
    } finally {
      server.close()
    }
  })

  test('the page of benchmarks prints its table', async () => {
    // A few of each kind: all take as long as they would without a page.
    const shown = ['sieve', 'fib', 'virtual', 'nbody', 'rounding']
    expect(benchPrograms.map(({ name }) => name)).toEqual(expect.arrayContaining(shown))
    const server = await serveBench(projectRoot)
    try {
      const { page, problems } = await openPage(browser, `${server.origin}/?quick&only=${shown.join(',')}`)
      await page.waitForFunction(() => /^(?:done|failed)/.test(document.querySelector('#state')?.textContent ?? ''))
      expect(await page.innerText('#state')).toMatch(/^done: .*Chrome/)
      const rows = (await page.innerText('table')).split('\n').map((line) => line.split('\t'))
      expect(rows[0]).toEqual(['', ...benchTiers])
      expect(rows.slice(1).map(([name]) => name)).toEqual(shown)
      for (const [, ...cells] of rows.slice(1)) for (const cell of cells) expect(cell).toMatch(/^\d+ \(\d+\.\d\)$/)
      expect(problems).toEqual([])
    } finally {
      server.close()
    }
  })
})

test('a page may not have what comes from Node', async () => {
  await expect(bundle(projectRoot, 'generator/host/index.ts')).rejects.toThrow(/node:/)
})

/** In the page: changes a bit in the middle of each record. */
function damageRecords(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('isagen translations')
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const transaction = request.result.transaction('translations', 'readwrite')
      const found = transaction.objectStore('translations').openCursor()
      found.onsuccess = () => {
        const cursor = found.result
        if (!cursor) return
        const bytes = cursor.value as Uint8Array
        bytes[bytes.length >> 1]! ^= 1
        cursor.update(bytes)
        cursor.continue()
      }
      transaction.oncomplete = () => {
        request.result.close()
        resolve()
      }
    }
  })
}
