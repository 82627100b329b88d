import type { FileQuery } from '../../config/plan-discovery.ts'
import { backoffMs } from '../backoff.ts'
import type { Observer, Provider, ProviderDeps, Source } from '../types.ts'
import { FolderWatch } from './folder-watch.ts'
import { fileIdentity, readEndpoints, type FileContent } from './read.ts'

/** Quiet time after the last event before the file is read: whoever writes it may not be done. */
const QUIET_MS = 100
/** Other files of a busy folder may never be quiet. */
const LONGEST_QUIET_MS = 1000
/** How often the file is looked at without an event; those of network file systems may not arrive. */
const LOOK_MS = 5000

/** Follows lists of endpoints in files. */
export function createFileProvider(deps: ProviderDeps): Provider<FileQuery> {
  return {
    watch: ({ path }, observer) => new FileSource(path, observer, deps),
    close() {}
  }
}

type Outcome = FileContent | Error | 'changed'

class FileSource implements Source {
  readonly #path: string
  readonly #observer: Observer
  readonly #deps: ProviderDeps
  readonly #folders: FolderWatch
  /** What was read last; null when that failed. */
  #content: FileContent | null = null
  #failures = 0
  #busy = false
  /** Somebody wants to know what is so after the reading began that is going on. */
  #again = false
  #stopped = false
  /** When the first event came since the last reading, by the clock. */
  #unreadSince: number | null = null
  #cancelQuiet: (() => void) | null = null
  #cancelNext: (() => void) | null = null

  constructor(path: string, observer: Observer, deps: ProviderDeps) {
    this.#path = path
    this.#observer = observer
    this.#deps = deps
    this.#folders = new FolderWatch(path, () => this.#settle())
    void this.#read()
  }

  refresh(): void {
    if (!this.#stopped) void this.#read()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelQuiet?.()
    this.#cancelNext?.()
    this.#folders.close()
  }

  /** Reads the file when nothing has happened for a while. */
  #settle(): void {
    const now = this.#deps.clock.now()
    this.#unreadSince ??= now
    this.#cancelQuiet?.()
    const quietMs = Math.max(0, Math.min(QUIET_MS, this.#unreadSince + LONGEST_QUIET_MS - now))
    this.#cancelQuiet = this.#deps.clock.after(quietMs, () => void this.#read())
  }

  async #read(): Promise<void> {
    this.#again = this.#busy
    if (this.#busy) return
    this.#cancelQuiet?.()
    this.#unreadSince = null
    await this.#run(async () => readEndpoints(this.#path))
  }

  /** An unchanged file is what it was. One that has changed is read once it is quiet, with or without events. */
  async #look(): Promise<void> {
    if (this.#busy) return
    const last = this.#content
    if (last === null) return this.#read()
    await this.#run(async () => {
      const identity = await fileIdentity(this.#path).catch(() => null)
      return identity === last.identity ? last : 'changed'
    })
  }

  /** One at a time, so that no answer overtakes another. */
  async #run(find: () => Promise<Outcome>): Promise<void> {
    this.#cancelNext?.()
    this.#busy = true
    // Before the file is read, so that no change falls between.
    await this.#folders.open()
    const outcome = await find().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    this.#busy = false
    if (this.#stopped) return
    if (outcome === 'changed') return this.#settle()
    this.#content = outcome instanceof Error ? null : outcome
    this.#failures = outcome instanceof Error ? this.#failures + 1 : 0
    const again = this.#again
    this.#again = false
    if (again) void this.#read()
    else this.#cancelNext = this.#deps.clock.after(this.#pauseMs(), () => void this.#look())
    if (outcome instanceof Error) this.#observer.onFailure(outcome)
    else this.#observer.onAnswer(outcome.answer)
  }

  #pauseMs(): number {
    return this.#failures === 0 ? LOOK_MS : backoffMs(this.#failures, this.#deps.random.next())
  }
}
