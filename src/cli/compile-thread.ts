import { Worker } from 'node:worker_threads'
import { bindPlugins } from '../config/bind-plugins.ts'
import type { LoadResult } from '../config/load.ts'
import { PlanUnpacker } from '../config/ship-plan.ts'
import type { PluginDefinition } from '../plugin-api/index.ts'
import { expectLongWork, nextSlice } from '../system/long-work.ts'
import type { CompileAnswer, CompileOrder, CompileReport, CompileRequest } from './compile-thread-messages.ts'

/** Beside this file, as a source or compiled. */
const WORKER = new URL(`./compile-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** Half of Node's own: the heap of a thread that stays is some 100 MiB smaller, and compiling takes about as long. Nothing limits old objects. */
const LIMITS = { maxYoungGenerationSizeMb: 24 }

/** A thread that does `loadConfig`, one order at a time. It may die at any time; whatever it is asked for then fails. */
export class CompileThread {
  readonly #worker: Worker
  /** For the next message, and let go of with it: a race against the end of a thread that stays would keep all it has ever sent. */
  #waiting: PromiseWithResolvers<unknown> | null = null
  #failure: Error | null = null

  constructor(script = WORKER) {
    this.#worker = new Worker(script, { name: 'compile', resourceLimits: LIMITS })
    this.#worker.on('message', (message: unknown) => this.#takeWaiting()?.resolve(message))
    this.#worker.once('error', (error: unknown) => this.fail(error))
    this.#worker.once('messageerror', (error: unknown) => this.fail(error))
    this.#worker.once('exit', (code) => this.fail(new Error(`it ended with code ${code}`)))
  }

  /**
   * Nothing but taking the finished plan, a small piece in each turn of the event loop, is done in the thread that asks.
   * @throws Error when the thread ends before it has answered, or its answer is none
   */
  async load(order: CompileOrder, builtins: readonly PluginDefinition[]): Promise<LoadResult> {
    expectLongWork()
    const { snapshot, ok: _, ...rest } = toReport(await this.#ask(order))
    if (snapshot === null) return { ok: false, ...rest }
    const unpacker = new PlanUnpacker(await bindPlugins(rest.modules, builtins))
    let next = this.#ask(null)
    for (;;) {
      await nextSlice()
      const piece = (await next) as CompileAnswer
      if (piece === null) return { ok: true, plan: unpacker.finish(), snapshot, ...rest }
      // The thread makes one ready while this one is taken.
      next = this.#ask(null)
      unpacker.add(piece)
    }
  }

  /** A thread that nobody waits for must not hold the process. */
  rest(): void {
    this.#worker.unref()
  }

  wake(): void {
    this.#worker.ref()
  }

  /** Whoever waits for the thread waits no longer. */
  fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#failure ??= new Error(`the thread that compiles the configuration failed: ${reason}`, { cause: error })
    this.#takeWaiting()?.reject(this.#failure)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #ask(request: CompileRequest): Promise<unknown> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    const waiting = Promise.withResolvers<unknown>()
    // The thread may end while the piece before is being taken, when nobody awaits this one yet.
    waiting.promise.catch(() => {})
    this.#waiting = waiting
    this.#worker.postMessage(request)
    return waiting.promise
  }

  #takeWaiting(): PromiseWithResolvers<unknown> | null {
    const waiting = this.#waiting
    this.#waiting = null
    return waiting
  }
}

/** A module of others runs in the thread too, and may send what it likes. @throws Error */
function toReport(answer: unknown): CompileReport {
  const { files, modules, snapshot } = (answer ?? {}) as Partial<CompileReport>
  if (Array.isArray(files) && Array.isArray(modules) && snapshot !== undefined) return answer as CompileReport
  throw new Error('the thread that compiles the configuration failed: its answer is no report')
}
