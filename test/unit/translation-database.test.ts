/** Translations kept in an IndexedDB: what one visit leaves there, what the next makes of it, and of what it should not find there; several tabs, and little room. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { expect, test } from 'vitest'
import { type KeepingEngine, TranslationDatabase } from '../../runtime/browser/index.ts'
import { VERSION } from '../../runtime/version.ts'
import { projectRoot } from '../oracles/oracle.ts'
import { toy } from './toy-machine.ts'

const program = Uint8Array.of(1, 2, 3)
const NAME = 'isagen translations'

/** An engine that takes over what is not cut short. */
function engine(made?: Uint8Array, tier: KeepingEngine['tier'] = 'auto') {
  const loaded: Uint8Array[] = []
  const loadTranslations = (bytes: Uint8Array): string | undefined => {
    if (bytes.length < 4) return 'they are cut short'
    loaded.push(bytes)
    return undefined
  }
  return { isa: toy, tier, loaded, loadTranslations, saveTranslations: () => made }
}

/** What `work` asks of both stores. */
async function inStores(factory: IDBFactory, work: (translations: IDBObjectStore, uses: IDBObjectStore) => void) {
  const request = factory.open(NAME)
  await new Promise((resolve) => {
    request.onsuccess = resolve
  })
  const transaction = request.result.transaction(['translations', 'uses'], 'readwrite')
  work(transaction.objectStore('translations'), transaction.objectStore('uses'))
  await new Promise((resolve) => {
    transaction.oncomplete = resolve
  })
  request.result.close()
}
async function keysOf(factory: IDBFactory): Promise<string[][]> {
  const keys: IDBRequest<IDBValidKey[]>[] = []
  await inStores(factory, (...stores) => {
    for (const store of stores) keys.push(store.getAllKeys())
  })
  return keys.map(({ result }) => result.map(String))
}

test('the version is the package’s', () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
  expect(VERSION).toBe(version)
})

test('a record is there for the same program, tier and build, and for no other', async () => {
  const factory = new IDBFactory()
  const database = new TranslationDatabase(factory)
  const first = engine(Uint8Array.of(1, 2, 3, 4))
  expect(await database.load(first, program)).toBe(undefined)
  expect(await database.save(first, program)).toBe(undefined)
  const loadedBy = async (by: KeepingEngine & { loaded: Uint8Array[] }, what = program, build = '') => {
    expect(await new TranslationDatabase(factory, { build }).load(by, what)).toBe(undefined)
    return by.loaded.map((bytes) => [...bytes])
  }
  expect(await loadedBy(engine())).toEqual([[1, 2, 3, 4]])
  expect(await loadedBy(engine(undefined, 'baseline'))).toEqual([])
  expect(await loadedBy(engine(), Uint8Array.of(1, 2, 4))).toEqual([])
  expect(await loadedBy(engine(), program, 'another')).toEqual([])
  expect(await database.clear()).toBe(undefined)
  expect(await loadedBy(engine())).toEqual([])
  expect(await keysOf(factory)).toEqual([[], []])
})

test('little that is new is not written', async () => {
  const factory = new IDBFactory()
  const database = new TranslationDatabase(factory)
  await database.save(engine(Uint8Array.of(1, 2, 3, 4)), program)
  expect(await database.save(engine(), program)).toBe(undefined)
  const next = engine()
  await database.load(next, program)
  expect(next.loaded.length).toBe(1)
})

test('what is cut short, or nothing of ours, gives a note', async () => {
  const factory = new IDBFactory()
  const database = new TranslationDatabase(factory)
  await database.save(engine(Uint8Array.of(1, 2)), program)
  expect(await database.load(engine(), program)).toBe('translations are not used: they are cut short')
  const [[key = ''] = []] = await keysOf(factory)
  for (const value of ['text', { bytes: [1] }, 7, null]) {
    await inStores(factory, (translations) => translations.put(value, key))
    expect(await database.load(engine(), program)).toBe('translations are not used: they are no translations')
  }
  // The next run makes it good.
  expect(await database.save(engine(Uint8Array.of(1, 2, 3, 4)), program)).toBe(undefined)
  expect(await database.load(engine(), program)).toBe(undefined)
})

test('a database of somebody else, or none at all, gives a note', async () => {
  const foreign = new IDBFactory()
  const request = foreign.open(NAME, 3)
  await new Promise((resolve) => {
    request.onsuccess = resolve
  })
  request.result.close()
  const without = new IDBFactory()
  const empty = without.open(NAME, 1)
  await new Promise((resolve) => {
    empty.onsuccess = resolve
  })
  empty.result.close()
  const forbidden = {
    open: () => {
      throw new DOMException('this page may not', 'SecurityError')
    },
  } as unknown as IDBFactory
  for (const factory of [foreign, without, forbidden]) {
    const database = new TranslationDatabase(factory)
    expect(await database.load(engine(), program)).toMatch(/^translations cannot be read: ./)
    expect(await database.save(engine(Uint8Array.of(1)), program)).toMatch(/^translations cannot be kept: ./)
    expect(await database.clear()).toMatch(/^translations cannot be removed: ./)
  }
})

test('the records used longest ago go when there are too many bytes', async () => {
  const factory = new IDBFactory()
  const database = new TranslationDatabase(factory, { bytes: 10 })
  const programs = [1, 2, 3].map((byte) => Uint8Array.of(byte))
  const save = (at: number, length: number) => database.save(engine(new Uint8Array(length)), programs[at]!)
  const has = async (): Promise<boolean[]> => {
    const [records = [], uses] = await keysOf(factory)
    expect(records).toEqual(uses)
    return Promise.all(
      programs.map(async (one) => {
        const next = engine()
        await database.load(next, one)
        return next.loaded.length > 0
      }),
    )
  }
  await save(0, 4)
  await later()
  await save(1, 4)
  await later()
  // Now the second is the one used longest ago.
  await database.load(engine(), programs[0]!)
  await later()
  await save(2, 4)
  expect(await has()).toEqual([true, false, true])
  expect(await save(1, 11)).toMatch(/not kept: they have 11 bytes, of 10/)
  // Whatever else lies among the uses is the first to go.
  await inStores(factory, (translations, uses) => {
    translations.put('foreign', 'foreign')
    uses.put('foreign', 'foreign')
  })
  await save(1, 1)
  const [records, uses] = await keysOf(factory)
  expect([records?.length, records]).toEqual([3, uses])
  expect(records).not.toContain('foreign')
})

test('several tabs at once: each record is one of those that were written, whole', async () => {
  const factory = new IDBFactory()
  const tabs = Array.from({ length: 8 }, () => new TranslationDatabase(factory, { bytes: 3000 }))
  const notes = await Promise.all(
    tabs.flatMap((tab, at) => [
      tab.save(engine(new Uint8Array(1000).fill(at)), program),
      tab.save(engine(new Uint8Array(1000).fill(at)), Uint8Array.of(at % 4)),
      tab.load(engine(), program),
    ]),
  )
  expect(notes.filter((note) => note !== undefined)).toEqual([])
  const [records = [], uses] = await keysOf(factory)
  expect(records).toEqual(uses)
  expect(records.length).toBeLessThanOrEqual(3)
  const found: IDBRequest<unknown[]>[] = []
  await inStores(factory, (translations) => {
    found.push(translations.getAll())
  })
  for (const value of found[0]!.result) {
    expect(value).toBeInstanceOf(Uint8Array)
    const bytes = value as Uint8Array
    expect([bytes.length, new Set(bytes).size]).toEqual([1000, 1])
  }
})

/** Times of use are in milliseconds. */
function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 3))
}
