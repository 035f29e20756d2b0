/** What only an embedder in a browser has: compiled code kept from one visit to the next. */

export { type KeepingEngine, TranslationDatabase, type TranslationDatabaseOptions } from './translation-database.ts'
