/**
 * Translations of guest programs kept in a browser, in an IndexedDB that the page or its worker passes in: a record for each program, machine, tier and version of
 * the runtime. What goes wrong with the database, or with what lies in it, comes back as a note and costs nothing but time. Each operation is one transaction on a
 * connection of its own, so that several tabs may share a database; of two that save, the later one stays. The records used longest ago go when all together get too
 * large.
 */

import type { Engine } from '../engine.ts'
import { checksum } from '../translation-set.ts'
import { VERSION } from '../version.ts'

export interface TranslationDatabaseOptions {
  /** Of the database. Default 'isagen translations'. */
  readonly name?: string
  /** Most bytes of all records. Default 256 MiB; the browser may allow less. */
  readonly bytes?: number
  /** What else translations depend on, if the embedder has changed the runtime: a build's name. Default ''. */
  readonly build?: string
}

/** What of an engine this needs: one that was made with `keepTranslations`. */
export type KeepingEngine = Pick<Engine, 'isa' | 'tier' | 'loadTranslations' | 'saveTranslations'>

/** What the second store has of each record, so that records need not be read to be counted. */
interface Use {
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly used: number
}

const DATABASE = 'isagen translations'
const MOST_BYTES = 256 * 2 ** 20
const TRANSLATIONS = 'translations'
const USES = 'uses'

export class TranslationDatabase {
  readonly #factory: IDBFactory
  readonly #name: string
  readonly #most: number
  readonly #build: string

  constructor(
    factory: IDBFactory,
    { name = DATABASE, bytes = MOST_BYTES, build = '' }: TranslationDatabaseOptions = {},
  ) {
    this.#factory = factory
    this.#name = name
    this.#most = bytes
    this.#build = build
  }

  /** Before the engine's first run of `program` (its file's bytes). A text says why translations that are there are not used. */
  async load(engine: KeepingEngine, program: Uint8Array): Promise<string | undefined> {
    const key = this.#key(engine, program)
    const used = Date.now()
    try {
      const found = await this.#transact((translations, uses) => {
        const request: IDBRequest<unknown> = translations.get(key)
        request.onsuccess = () => {
          if (request.result instanceof Uint8Array) uses.put({ bytes: request.result.length, used } satisfies Use, key)
        }
        return request
      })
      if (found === undefined) return undefined
      const problem = found instanceof Uint8Array ? engine.loadTranslations(found) : 'they are no translations'
      return problem && `translations are not used: ${problem}`
    } catch (error) {
      return `translations cannot be read: ${messageOf(error)}`
    }
  }

  /** After a run of it. A text says why what the engine has compiled is not kept. */
  async save(engine: KeepingEngine, program: Uint8Array): Promise<string | undefined> {
    const made = engine.saveTranslations()
    if (!made) return undefined
    if (made.length > this.#most) return `translations are not kept: they have ${made.length} bytes, of ${this.#most}`
    const key = this.#key(engine, program)
    const use: Use = { bytes: made.length, used: Date.now() }
    try {
      await this.#transact((translations, uses) => {
        translations.put(made, key)
        const last = uses.put(use, key)
        last.onsuccess = () => prune(translations, uses, this.#most)
        return last
      })
      return undefined
    } catch (error) {
      return `translations cannot be kept: ${messageOf(error)}`
    }
  }

  /** Removes the translations of all programs. A text says why it could not. */
  async clear(): Promise<string | undefined> {
    try {
      await this.#transact((translations, uses) => {
        translations.clear()
        return uses.clear()
      })
      return undefined
    } catch (error) {
      return `translations cannot be removed: ${messageOf(error)}`
    }
  }

  #key({ isa, tier }: KeepingEngine, program: Uint8Array): string {
    return [VERSION, this.#build, isa.name, tier, program.length, ...checksum(program)].join(' ')
  }

  /** Gives what the request that `work` returns had found, once all of the transaction is done. */
  async #transact<T>(work: (translations: IDBObjectStore, uses: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const database = await open(this.#factory, this.#name)
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction([TRANSLATIONS, USES], 'readwrite')
        const request = work(transaction.objectStore(TRANSLATIONS), transaction.objectStore(USES))
        transaction.oncomplete = () => resolve(request.result)
        transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was given up'))
      })
    } finally {
      database.close()
    }
  }
}

function open(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, 1)
    request.onupgradeneeded = () => {
      for (const store of [TRANSLATIONS, USES]) request.result.createObjectStore(store)
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Within a transaction on both. */
function prune(translations: IDBObjectStore, uses: IDBObjectStore, most: number): void {
  const keys = uses.getAllKeys()
  const values: IDBRequest<unknown[]> = uses.getAll()
  values.onsuccess = () => {
    const entries = keys.result.map((key, at) => ({ key, ...useOf(values.result[at]) }))
    let total = 0
    for (const { key, bytes } of entries.sort((a, b) => b.used - a.used)) {
      total += bytes
      if (total <= most) continue
      translations.delete(key)
      uses.delete(key)
    }
  }
}

/** Whatever else lies there goes first. */
function useOf(value: unknown): Use {
  const { bytes, used } = Object(value) as { readonly bytes?: unknown; readonly used?: unknown }
  if (typeof bytes === 'number' && bytes >= 0 && typeof used === 'number') return { bytes, used }
  return { bytes: Number.POSITIVE_INFINITY, used: Number.NEGATIVE_INFINITY }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
