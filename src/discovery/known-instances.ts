import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { parseEndpoint } from '../config/address.ts'
import type { Clock } from '../plugin-api/index.ts'
import { MAX_WEIGHT } from './instance.ts'
import type { Instance } from './types.ts'

export interface KnownService {
  readonly instances: readonly Instance[]
  /** When it was last changed, ms since the Unix epoch. */
  readonly atMs: number
}

/** Changes that come within this time are written together. */
const WRITE_DELAY_MS = 500

const VERSION = 1

/**
 * The latest list of each service: what a new watch begins with, so that neither a reload with other settings nor, with a file, a restart
 * while the registry is away leaves an upstream without endpoints.
 */
export class KnownInstances {
  readonly #clock: Clock
  readonly #onTrouble: (message: string, error: unknown) => void
  readonly #services = new Map<string, KnownService>()
  #file: string | null = null
  #cancelWrite: (() => void) | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(clock: Clock, onTrouble: (message: string, error: unknown) => void) {
    this.#clock = clock
    this.#onTrouble = onTrouble
  }

  /** Reads what a file has and this process does not know better, and writes there from now on; null for no file. */
  useFile(file: string | null): void {
    if (file === this.#file) return
    this.#file = file
    if (file === null) return
    for (const [key, service] of this.#read(file)) if (!this.#services.has(key)) this.#services.set(key, service)
    if (this.#services.size > 0) this.#writeSoon()
  }

  get(key: string): KnownService | null {
    return this.#services.get(key) ?? null
  }

  set(key: string, instances: readonly Instance[]): void {
    this.#services.set(key, { instances, atMs: this.#clock.wall() })
    this.#writeSoon()
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    if (this.#cancelWrite !== null) {
      this.#cancelWrite()
      this.#write()
    }
    await this.#writing
  }

  #read(file: string): readonly (readonly [string, KnownService])[] {
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (error) {
      // The first start has none.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#onTrouble('cannot read the saved endpoints', error)
      return []
    }
    try {
      return parseSaved(JSON.parse(text))
    } catch (error) {
      this.#onTrouble('the file of saved endpoints is damaged and not used', error)
      return []
    }
  }

  #writeSoon(): void {
    if (this.#file === null || this.#cancelWrite !== null) return
    this.#cancelWrite = this.#clock.after(WRITE_DELAY_MS, () => this.#write())
  }

  #write(): void {
    this.#cancelWrite = null
    const file = this.#file
    if (file === null) return
    const text = JSON.stringify({ version: VERSION, services: Object.fromEntries(this.#services) })
    this.#writing = this.#writing.then(async () => {
      try {
        // Whoever reads it sees the old file or the new one, never half of one.
        await writeFile(`${file}.tmp`, text)
        await rename(`${file}.tmp`, file)
      } catch (error) {
        this.#onTrouble('cannot save the endpoints', error)
      }
    })
  }
}

/** @throws Error when it is not such a file at all; services and instances that cannot be read are left out */
function parseSaved(value: unknown): readonly (readonly [string, KnownService])[] {
  const { version, services } = (value ?? {}) as { readonly version?: unknown; readonly services?: unknown }
  if (version !== VERSION || typeof services !== 'object' || services === null) throw new Error(`expected version ${VERSION} with services`)
  return Object.entries(services).flatMap(([key, service]) => {
    const { instances, atMs } = (service ?? {}) as { readonly instances?: unknown; readonly atMs?: unknown }
    if (!Array.isArray(instances) || typeof atMs !== 'number') return []
    return [[key, { instances: instances.flatMap((instance) => parseInstance(instance) ?? []), atMs }] as const]
  })
}

function parseInstance(value: unknown): Instance | null {
  const { origin, weight, zone, tags } = (value ?? {}) as Partial<Record<keyof Instance, unknown>>
  const parsed = typeof origin === 'string' ? parseEndpoint(origin) : null
  if (parsed === null || !parsed.ok || parsed.value !== origin) return null
  if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT) return null
  return {
    origin: parsed.value,
    weight,
    zone: typeof zone === 'string' ? zone : null,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : []
  }
}
