import { readFile, stat } from 'node:fs/promises'
import { parse } from 'yaml'
import { parseEndpoint } from '../../config/address.ts'
import { readInstances, textOrNull, weightOf } from '../instance.ts'
import type { Answer, Instance } from '../types.ts'

export interface FileContent {
  readonly answer: Answer
  /** Differs when the file has been written or replaced; see `fileIdentity`. */
  readonly identity: string
}

/** Far more than a list of endpoints needs. */
const MAX_BYTES = 16n * 1024n * 1024n

/**
 * Reads a list of endpoints from YAML or JSON, which is YAML.
 * @throws Error that names the file, when it cannot be read or is no such list
 */
export async function readEndpoints(path: string): Promise<FileContent> {
  try {
    const identity = await fileIdentity(path)
    const text = await readFile(path, 'utf8')
    if (identity !== (await fileIdentity(path))) throw new Error('it is being written')
    return { answer: readAnswer(text), identity }
  } catch (error) {
    throw new Error(`${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** @throws Error when there is no such file */
export async function fileIdentity(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs, isFile } = await statOf(path)
  // To open a pipe would wait for a writer.
  if (!isFile) throw new Error('it is not a file')
  if (size > MAX_BYTES) throw new Error('it is too large')
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

async function statOf(path: string) {
  const stats = await stat(path, { bigint: true })
  const { dev, ino, size, mtimeNs, ctimeNs } = stats
  return { dev, ino, size, mtimeNs, ctimeNs, isFile: stats.isFile() }
}

function readAnswer(text: string): Answer {
  const told = new Set<string>()
  return readInstances(listOf(text), nameOf, (entry) => {
    const instance = readEntry(entry)
    if (told.has(instance.origin)) throw new Error('it is listed twice')
    told.add(instance.origin)
    return instance
  })
}

function listOf(text: string): readonly unknown[] {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text
  const root: unknown = parse(source, { version: '1.2', schema: 'core', merge: true, logLevel: 'error' })
  const list = isMap(root) ? root['endpoints'] : root
  // Nothing at all is how a file begins that is being written; that there are no endpoints must be said: [].
  if (!Array.isArray(list)) throw new Error('expected a list of endpoints, or a map with such a list under `endpoints`')
  return list
}

function readEntry(entry: unknown): Instance {
  const { url, weight, zone, tags = [] } = isMap(entry) ? entry : { url: entry }
  if (typeof url !== 'string') throw new Error('expected a url, or a map with a `url`')
  const parsed = parseEndpoint(url)
  if (!parsed.ok) throw new Error(parsed.reason)
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) throw new Error('expected a list of texts under `tags`')
  return { origin: parsed.value, weight: weightOf(weight), zone: textOrNull(zone), tags }
}

function nameOf(entry: unknown): string {
  const name = isMap(entry) ? entry['url'] : entry
  return typeof name === 'string' && name !== '' ? name : JSON.stringify(entry).slice(0, 60)
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ENOENT') return 'there is no such file'
  // After the first line there is an excerpt of the file.
  return error.message.split('\n', 1)[0] ?? ''
}
