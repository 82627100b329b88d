import { resolve } from 'node:path'
import type { ReloadStatus } from '../admin/admin.ts'
import { formatIssue } from '../config/issue.ts'
import type { LoadResult } from '../config/load.ts'
import { type ConfigWatch, watchConfig } from '../config/watch.ts'
import type { RunningGateway } from '../gateway/running.ts'
import { systemClock } from '../system/clock.ts'
import { loadFile } from './config-file.ts'
import type { CliIo } from './io.ts'

/** The configuration file of a running gateway: read at the start, when it changes, and when somebody asks for it. */
export class ConfigSource {
  readonly #io: CliIo
  readonly #file: string
  readonly #watch: ConfigWatch | null
  #gateway: RunningGateway | null = null
  #changedEarly = false
  /** One after the other from the reading on, so that what was read last is what runs. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(io: CliIo, file: string, watch: boolean) {
    this.#io = io
    this.#file = file
    // Before the first reading, so that no change is missed.
    this.#watch = watch
      ? watchConfig({ file: resolve(io.cwd, file), after: (ms, run) => systemClock.after(ms, run), onChange: () => this.#onChange() })
      : null
  }

  async load(): Promise<LoadResult> {
    const loaded = await loadFile(this.#io, this.#file)
    this.#watch?.refer(loaded.files)
    return loaded
  }

  /** From now on changes of the file are changes of this gateway. */
  follow(gateway: RunningGateway): void {
    this.#gateway = gateway
    if (this.#changedEarly) void this.reread()
  }

  reread(): Promise<ReloadStatus> {
    const run = this.#turn.then(() => this.#readAndReload())
    this.#turn = run.catch(() => {})
    return run
  }

  close(): void {
    this.#watch?.close()
  }

  #onChange(): void {
    if (this.#gateway === null) this.#changedEarly = true
    else void this.reread()
  }

  async #readAndReload(): Promise<ReloadStatus> {
    const gateway = this.#gateway
    if (gateway === null) return { result: 'rejected', atMs: systemClock.wall(), problems: ['the gateway is starting'] }
    const loaded = await this.load()
    if (loaded.ok) return gateway.reload(loaded.plan, loaded.snapshot)
    return gateway.rejectReload(loaded.issues.filter((issue) => issue.severity === 'error').map(formatIssue))
  }
}
