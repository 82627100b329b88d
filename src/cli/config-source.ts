import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ReloadStatus } from '../admin/admin.ts'
import { formatIssue } from '../config/issue.ts'
import type { LoadResult } from '../config/load.ts'
import { type ConfigWatch, watchConfig } from '../config/watch.ts'
import type { RunningGateway } from '../gateway/running.ts'
import type { Clock } from '../plugin-api/index.ts'
import { systemClock } from '../system/clock.ts'
import { builtinPlugins } from '../../plugins/index.ts'
import { ConfigCompiler } from './config-compiler.ts'
import { loadFile } from './config-file.ts'
import type { CliIo } from './io.ts'

/** A file of this size compiles in a few milliseconds; a thread takes longer to start. */
const COMPILED_IN_PLACE_BYTES = 8 * 1024
/** Some 1,500 routes. Below, a reload is soon done even by a thread that must be started for it, and 46 MiB would be much to hold all the time. */
const THREAD_WAITS_BYTES = 128 * 1024

/** The configuration file of a running gateway: read at the start, when it changes, and when somebody asks for it. */
export class ConfigSource {
  readonly #io: CliIo
  readonly #file: string
  readonly #watch: ConfigWatch | null
  readonly #inPlaceBytes: number
  readonly #closing = new AbortController()
  readonly #compiler: ConfigCompiler
  #gateway: RunningGateway | null = null
  #changedEarly = false
  /** One after the other from the reading on, so that what was read last is what runs. */
  #turn: Promise<unknown> = Promise.resolve()
  /** A reading that waits for its turn. */
  #next: Promise<ReloadStatus> | null = null

  /** @param inPlaceBytes Size of the file up to which a reload does not go to a thread. */
  constructor(io: CliIo, file: string, watch: boolean, inPlaceBytes = COMPILED_IN_PLACE_BYTES, clock: Clock = systemClock) {
    this.#inPlaceBytes = inPlaceBytes
    this.#io = io
    this.#file = file
    this.#compiler = new ConfigCompiler({ builtins: builtinPlugins, clock, signal: this.#closing.signal })
    // Before the first reading, so that no change is missed.
    this.#watch = watch ? watchConfig({ file: this.#path(), after: (ms, run) => clock.after(ms, run), onChange: () => this.#onChange() }) : null
  }

  /** For the start: in this thread, which has nobody to serve yet. */
  async load(): Promise<LoadResult> {
    const loaded = await loadFile(this.#io, this.#file)
    this.#watch?.refer(loaded.files)
    return loaded
  }

  /** For a reload: requests must not wait for it. */
  async #loadAside(): Promise<LoadResult> {
    const { env } = this.#io
    if (this.#size() <= this.#inPlaceBytes) return this.load()
    const loaded = await this.#compiler.load({ file: this.#path(), displayName: this.#file, env: { ...env } })
    this.#watch?.refer(loaded.files)
    return loaded
  }

  /** From now on changes of the file are changes of this gateway. */
  follow(gateway: RunningGateway): void {
    this.#gateway = gateway
    if (this.#size() > THREAD_WAITS_BYTES) this.#compiler.getReady()
    if (this.#changedEarly) void this.reread()
  }

  reread(): Promise<ReloadStatus> {
    // Whoever asks while a file is being compiled is answered by the next reading, which has not begun: it finds what is there by then.
    if (this.#next !== null) return this.#next
    const run = this.#turn.then(() => {
      this.#next = null
      return this.#readAndReload()
    })
    this.#next = run
    this.#turn = run.catch(() => {})
    return run
  }

  /** A file that is being compiled is not waited for. */
  close(): void {
    this.#closing.abort()
    this.#watch?.close()
  }

  #path(): string {
    return resolve(this.#io.cwd, this.#file)
  }

  #size(): number {
    return statSync(this.#path(), { throwIfNoEntry: false })?.size ?? 0
  }

  #onChange(): void {
    if (this.#gateway === null) this.#changedEarly = true
    else void this.reread()
  }

  async #readAndReload(): Promise<ReloadStatus> {
    const gateway = this.#gateway
    if (gateway === null) return { result: 'rejected', atMs: systemClock.wall(), problems: ['the gateway is starting'] }
    let loaded: LoadResult
    try {
      loaded = await this.#loadAside()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return gateway.rejectReload([this.#closing.signal.aborted ? 'the gateway is shutting down' : reason])
    }
    if (loaded.ok) return gateway.reload(loaded.plan, loaded.snapshot)
    return gateway.rejectReload(loaded.issues.filter((issue) => issue.severity === 'error').map(formatIssue))
  }
}
