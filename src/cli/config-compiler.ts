import type { LoadResult } from '../config/load.ts'
import type { Clock, PluginDefinition } from '../plugin-api/index.ts'
import { CompileThread } from './compile-thread.ts'
import type { CompileOrder } from './compile-thread-messages.ts'

/** A thread that has compiled does it in half the time the next time; but it holds memory. */
const KEPT_MS = 5 * 60_000
/** Modules of others run in the thread, and may never come to an end. */
const LIMIT_MS = 5 * 60_000

export interface ConfigCompilerOptions {
  readonly builtins: readonly PluginDefinition[]
  readonly clock: Pick<Clock, 'after'>
  /** Ends what is being compiled, and the thread. */
  readonly signal: AbortSignal
  /** What the thread runs. */
  readonly script?: URL
}

/** Compiles in a thread, which stays for a while for the next time. */
export class ConfigCompiler {
  readonly #options: ConfigCompilerOptions
  #kept: CompileThread | null = null
  #isReady = false
  #forget: () => void = () => {}

  constructor(options: ConfigCompilerOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => void this.#take()?.end(), { once: true })
  }

  /** From now on a thread waits with its modules loaded, so that whoever asks first need not wait for them. */
  getReady(): void {
    this.#isReady = true
    if (this.#kept === null) this.#keepFresh()
  }

  /** @throws Error when the thread fails, takes too long, or the signal says that nobody waits any more */
  async load(order: CompileOrder): Promise<LoadResult> {
    const { signal, script } = this.#options
    signal.throwIfAborted()
    const kept = this.#take()
    if (kept === null) return this.#loadIn(new CompileThread(script), order)
    const stopped = new AbortController()
    try {
      return await this.#loadIn(kept, order, stopped)
    } catch (error) {
      if (stopped.signal.aborted) throw error
      // It may have died long ago, or of what it has done before: a fresh one has the last word.
      return this.#loadIn(new CompileThread(script), order)
    }
  }

  async #loadIn(thread: CompileThread, order: CompileOrder, stopped = new AbortController()): Promise<LoadResult> {
    const { builtins, clock, signal } = this.#options
    const stop = (reason: string): void => {
      stopped.abort()
      thread.fail(new Error(reason))
    }
    const onAbort = (): void => stop('nobody waits for the configuration any more')
    const cancel = clock.after(LIMIT_MS, () => stop(`it took longer than ${LIMIT_MS / 1000} s`))
    signal.addEventListener('abort', onAbort)
    let isKept = false
    try {
      const loaded = await thread.load(order, builtins)
      // Node keeps modules, and what it has found out about packages, as long as a thread lives: the next reload must see changes of them.
      isKept = !loaded.namesModules && !signal.aborted
      return loaded
    } finally {
      cancel()
      signal.removeEventListener('abort', onAbort)
      if (isKept) this.#keep(thread)
      else {
        await thread.end()
        if (this.#isReady) this.#keepFresh()
      }
    }
  }

  #keep(thread: CompileThread): void {
    void this.#take()?.end()
    thread.rest()
    this.#kept = thread
    this.#forget = this.#options.clock.after(KEPT_MS, () => {
      void this.#take()?.end()
      if (this.#isReady) this.#keepFresh()
    })
  }

  /** One that has compiled nothing holds little memory, and may stay. */
  #keepFresh(): void {
    const { signal, script } = this.#options
    if (signal.aborted) return
    this.#kept = new CompileThread(script)
    this.#kept.rest()
    this.#forget = () => {}
  }

  #take(): CompileThread | null {
    const kept = this.#kept
    this.#kept = null
    this.#forget()
    kept?.wake()
    return kept
  }
}
