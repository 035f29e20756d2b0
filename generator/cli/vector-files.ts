/** Folders of single-step vectors: a file an opcode, with a JSON object a line (OPCODE.jsonl) or one array of them (OPCODE.json), perhaps compressed (.gz). */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { VectorMap } from '../../runtime/abi.ts'
import { CommandError } from './command.ts'

export interface VectorFile {
  /** File name without endings. */
  readonly opcode: string
  readonly path: string
}

const ending = /\.jsonl?(?:\.gz)?$/
const isVectors = (name: string): boolean => ending.test(name)

export function holdsVectors(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).some(isVectors)
}

export function vectorFiles(folder: string): VectorFile[] {
  const names = readdirSync(folder).filter(isVectors)
  return names.sort().map((name) => ({ opcode: name.replace(ending, ''), path: join(folder, name) }))
}

export function readVectors(path: string): unknown[] {
  const bytes = readFileSync(path)
  let text: string
  try {
    text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  } catch (error) {
    throw new CommandError(`${path}: ${error instanceof Error ? error.message : error}`)
  }
  if (!/\.jsonl(?:\.gz)?$/.test(path)) return vectorArray(text, path)
  const vectors: unknown[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    try {
      vectors.push(JSON.parse(line))
    } catch {
      throw new CommandError(`${path}:${index + 1}: no JSON`)
    }
  }
  return vectors
}

function vectorArray(text: string, path: string): unknown[] {
  let vectors: unknown
  try {
    vectors = JSON.parse(text)
  } catch {
    throw new CommandError(`${path}: no JSON`)
  }
  if (!Array.isArray(vectors)) throw new CommandError(`${path} holds no array of vectors`)
  return vectors
}

/** The `vectors` item of the spec for a folder: the one with its name, or that of the folder it is in (wdc65c02/v1), or the only one. */
export function mapForFolder(maps: readonly VectorMap[], folder: string, isa: string): VectorMap {
  const name = basename(resolve(folder))
  const parent = basename(dirname(resolve(folder)))
  const named = (wanted: string): VectorMap | undefined => maps.find((map) => map.folder === wanted)
  const found = named(name) ?? named(parent) ?? (maps.length === 1 ? maps[0] : undefined)
  if (found) return found
  const known = maps.map((map) => map.folder).join(', ')
  throw new CommandError(
    maps.length === 0
      ? `the spec of ${isa} has no vectors item`
      : `the spec of ${isa} has vectors for ${known}, not for ${name}`,
  )
}

/** Keys of a vector's initial state that the map does not speak of. */
export function ignoredKeys(map: VectorMap, vector: unknown): string[] {
  const state = Object.entries(vector ?? {}).find(([key]) => key.toLowerCase() === 'initial')?.[1]
  if (typeof state !== 'object' || state === null) return []
  const known = new Set(map.keys.map(({ path }) => path.split('.')[0]?.toLowerCase()))
  return Object.keys(state).filter((key) => !known.has(key.toLowerCase()))
}
