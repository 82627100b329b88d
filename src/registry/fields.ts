import { parseDuration } from './durations.ts'
import { RequestError } from './request-error.ts'

/** @throws RequestError 400 when it is not JSON */
export function parseBody(text: string): unknown {
  if (text.trim() === '') throw bad('EOF')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error))
  }
}

/**
 * Reads the members of a JSON object as Consul does: names in any case, with or without underscores; null is as good as absent. All
 * methods throw a RequestError 400 for a value of another type.
 */
export class Fields {
  readonly #where: string
  readonly #members = new Map<string, unknown>()

  /** @param known Names of all members that there may be. @throws RequestError 400 for another name, or what is no object */
  constructor(value: unknown, where: string, known: readonly string[]) {
    this.#where = where
    if (value === null || value === undefined) return
    if (typeof value !== 'object' || Array.isArray(value)) throw bad(`${where === '' ? 'the body' : where} must be an object`)
    const names = new Set(known.map(plain))
    for (const [name, member] of Object.entries(value)) {
      if (!names.has(plain(name))) throw bad(`unknown field ${JSON.stringify(name)}`)
      if (member !== null) this.#members.set(plain(name), member)
    }
  }

  has(name: string): boolean {
    return this.#members.has(plain(name))
  }

  /** Undefined when it is absent. */
  raw(name: string): unknown {
    return this.#members.get(plain(name))
  }

  /** Whether it says anything but what its absence would. */
  isEmpty(name: string): boolean {
    const value = this.raw(name)
    if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
    return value === undefined || value === '' || value === 0 || value === false
  }

  text(name: string): string {
    return this.#read(name, '', 'a string', (value) => typeof value === 'string')
  }

  integer(name: string): number {
    return this.#read(name, 0, 'an integer', (value) => Number.isSafeInteger(value))
  }

  flag(name: string): boolean {
    return this.#read(name, false, 'true or false', (value) => typeof value === 'boolean')
  }

  /** Milliseconds; a number is one of nanoseconds. */
  duration(name: string): number {
    const value = this.#read<string | number>(name, 0, 'a duration', (value) => typeof value === 'string' || typeof value === 'number')
    if (typeof value === 'number') return value / 1e6
    const ms = parseDuration(value)
    if (ms === null) throw bad(`${this.#path(name)}: invalid duration ${JSON.stringify(value)}`)
    return ms
  }

  list(name: string): readonly unknown[] {
    return this.#read<readonly unknown[]>(name, [], 'a list', Array.isArray)
  }

  texts(name: string): readonly string[] {
    return this.#read<readonly string[]>(name, [], 'a list of strings', isTexts)
  }

  /** Each member read by `read`, which is given the value and where it is. */
  record<T>(name: string, read: (value: unknown, where: string) => T): Readonly<Record<string, T>> {
    const value = this.#read<object>(name, {}, 'an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, read(member, `${this.#path(name)}.${key}`)]))
  }

  #read<T>(name: string, fallback: T, expected: string, fits: (value: unknown) => boolean): T {
    const value = this.raw(name)
    if (value === undefined) return fallback
    if (!fits(value)) throw bad(`${this.#path(name)} must be ${expected}`)
    return value as T
  }

  #path(name: string): string {
    return this.#where === '' ? name : `${this.#where}.${name}`
  }
}

export function asText(value: unknown, where: string): string {
  if (typeof value !== 'string') throw bad(`${where} must be a string`)
  return value
}

export function asTexts(value: unknown, where: string): readonly string[] {
  if (!isTexts(value)) throw bad(`${where} must be a list of strings`)
  return value
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '')
}

function bad(reason: string): RequestError {
  return new RequestError(400, `Request decode failed: ${reason}`)
}
