import { isIP } from 'node:net'
import type { Scheme } from '../config/plan-discovery.ts'
import type { Answer, Instance, SkippedEntry } from './types.ts'

export const MAX_WEIGHT = 1000

/**
 * The origin of `scheme://host:port`, as `Instance.origin` wants it.
 * @throws Error that says what is wrong with the host or the port
 */
export function originOf(scheme: Scheme, host: unknown, port: unknown): string {
  if (typeof host !== 'string' || host === '') throw new Error('it has no address')
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${JSON.stringify(port)} is no port`)
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  const url = isIP(bare) === 6 ? `${scheme}://[${bare}]:${port}` : `${scheme}://${bare}:${port}`
  const parsed = /^[\w.:[\]-]+$/.test(host) ? URL.parse(url) : null
  if (parsed === null || parsed.pathname !== '/') throw new Error(`${JSON.stringify(host)} is no address`)
  return parsed.origin
}

/** The scheme that an entry gives itself, in metadata for instance. @throws Error for anything but http and https */
export function schemeOf(value: unknown, fallback: Scheme): Scheme {
  if (value === undefined || value === null || value === '') return fallback
  if (value === 'http' || value === 'https') return value
  throw new Error(`${JSON.stringify(value)} is no scheme`)
}

/** A weight from a number or its text; beyond 1000 it is 1000. @throws Error for anything that is no whole number from 0 */
export function weightOf(value: unknown, fallback = 1): number {
  if (value === undefined || value === null || value === '') return fallback
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0) throw new Error(`${JSON.stringify(value)} is no weight`)
  return Math.min(MAX_WEIGHT, number)
}

/** A text that is not empty, or null. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/**
 * Reads an answer entry by entry: one that cannot be read is skipped, never the list.
 * @param read The instance of an entry; null to leave it out without a word; throws what is wrong with it.
 */
export function readInstances<E>(entries: readonly E[], nameOf: (entry: E) => string, read: (entry: E) => Instance | null): Answer {
  const instances: Instance[] = []
  const skipped: SkippedEntry[] = []
  for (const entry of entries) {
    try {
      const instance = read(entry)
      if (instance !== null) instances.push(instance)
    } catch (error) {
      skipped.push({ entry: nameSafely(entry, nameOf), reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { instances, skipped }
}

function nameSafely<E>(entry: E, nameOf: (entry: E) => string): string {
  try {
    return nameOf(entry)
  } catch {
    return JSON.stringify(entry)?.slice(0, 60) ?? 'an entry'
  }
}
