import { readFileSync, realpathSync, statSync, watch as watchPath, type FSWatcher } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { sha256 } from './canonical.ts'

export interface WatchInput {
  /** The configuration. Its folder is watched, not the file itself: editors and Kubernetes replace files. */
  readonly file: string
  /** Files that it refers to, see `LoadResult.files`. Default: none. */
  readonly references?: readonly string[]
  /** Calls back once after `ms`; returns a function that cancels. */
  readonly after: (ms: number, run: () => void) => () => void
  /** Called when the content of any file differs from when it was last looked at. */
  readonly onChange: () => void
  /** Quiet time after the last event before the files are read. Default 100. */
  readonly debounceMs?: number
  /** How often a missing folder is looked for. Default 1000. */
  readonly retryMs?: number
}

export interface ConfigWatch {
  /** Watches these files besides the configuration from now on; call it after a reload that refers to others. */
  refer(references: readonly string[]): void
  close(): void
}

/** Watches files until closed. Never throws for files or folders that are missing: it waits for them. */
export function watchConfig(input: WatchInput): ConfigWatch {
  return new FolderWatch(input)
}

interface Opened {
  readonly watcher: FSWatcher
  readonly identity: string
}

/** Content by file; null while it cannot be read. */
type Contents = ReadonlyMap<string, string | null>

class FolderWatch implements ConfigWatch {
  readonly #input: WatchInput
  readonly #watchers = new Map<string, Opened>()
  #files: readonly string[] = []
  #seen: Contents = new Map()
  #cancelCheck: (() => void) | null = null
  #cancelRetry: (() => void) | null = null
  #closed = false

  constructor(input: WatchInput) {
    this.#input = input
    this.refer(input.references ?? [])
  }

  refer(references: readonly string[]): void {
    if (this.#closed) return
    const wanted = [...new Set([this.#input.file, ...references].map((file) => resolve(file)))].sort()
    if (wanted.join('\n') === this.#files.join('\n')) return
    const before = this.#seen
    this.#files = wanted
    this.#reopen()
    // What was watched already keeps its content, so that a change just now is not lost.
    this.#seen = new Map(wanted.map((file) => [file, before.has(file) ? (before.get(file) ?? null) : digest(file)]))
  }

  close(): void {
    this.#closed = true
    this.#cancelCheck?.()
    this.#cancelRetry?.()
    for (const { watcher } of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** One watcher per folder; those that are gone are closed, those that cannot be opened are tried again later. */
  #reopen(): void {
    const wanted = new Set(this.#files.flatMap(foldersOf))
    for (const folder of this.#watchers.keys()) {
      if (!wanted.has(folder)) this.#drop(folder)
    }
    let missing = false
    for (const folder of wanted) missing = !this.#open(folder) || missing
    if (missing) this.#retry()
  }

  #open(folder: string): boolean {
    const identity = identityOf(folder)
    // A folder that was removed and made again needs a new watcher; the old one is silent for ever.
    if (identity !== null && this.#watchers.get(folder)?.identity === identity) return true
    this.#drop(folder)
    if (identity === null) return false
    try {
      const watcher = watchPath(folder, { persistent: false }, () => this.#notice())
      watcher.on('error', () => {
        this.#drop(folder)
        this.#retry()
      })
      this.#watchers.set(folder, { watcher, identity })
      return true
    } catch {
      return false
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.watcher.close()
    this.#watchers.delete(folder)
  }

  #notice(): void {
    if (this.#closed) return
    this.#cancelCheck?.()
    this.#cancelCheck = this.#input.after(this.#input.debounceMs ?? 100, () => this.#check())
  }

  #retry(): void {
    if (this.#closed) return
    this.#cancelRetry?.()
    this.#cancelRetry = this.#input.after(this.#input.retryMs ?? 1000, () => this.#check())
  }

  #check(): void {
    if (this.#closed) return
    // A symbolic link may lead to another folder now.
    this.#reopen()
    const now = contentsOf(this.#files)
    const changed = this.#files.some((file) => now.get(file) !== this.#seen.get(file))
    // A file that is gone is being replaced; the running configuration stays until it is back.
    const gone = this.#files.some((file) => now.get(file) === null && this.#seen.get(file) !== null)
    if (gone) this.#retry()
    if (gone || !changed) return
    this.#seen = now
    this.#input.onChange()
  }
}

/** The folder of the file, and that of the file it is a link to. */
function foldersOf(file: string): readonly string[] {
  const folder = dirname(file)
  try {
    return [folder, dirname(realpathSync(file))]
  } catch {
    return [folder]
  }
}

/** Differs between two folders that stand at the same path one after the other; null when there is none. */
function identityOf(folder: string): string | null {
  try {
    const { ino, dev, birthtimeMs } = statSync(folder)
    return `${dev} ${ino} ${birthtimeMs}`
  } catch {
    return null
  }
}

function contentsOf(files: readonly string[]): Contents {
  return new Map(files.map((file) => [file, digest(file)]))
}

function digest(file: string): string | null {
  try {
    return sha256(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
