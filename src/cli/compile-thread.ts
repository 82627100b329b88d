import { Worker } from 'node:worker_threads'
import { bindPlugins } from '../config/bind-plugins.ts'
import type { LoadResult } from '../config/load.ts'
import { PlanUnpacker } from '../config/ship-plan.ts'
import type { PluginDefinition } from '../plugin-api/index.ts'
import { nextTurn } from '../system/turn.ts'
import type { CompileAnswer, CompileOrder, CompileReport } from './compile-thread-messages.ts'

/** Beside this file, as a source or compiled. */
const WORKER = new URL(`./compile-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/**
 * `loadConfig` in a thread of its own, which is gone afterwards with all its memory. Nothing but taking the finished plan, a small piece in each
 * turn of the event loop, is done here.
 * @throws Error when the thread ends before it has answered, or `signal` says that nobody waits any more
 */
export async function loadInThread(
  order: CompileOrder,
  builtins: readonly PluginDefinition[],
  signal: AbortSignal,
  script = WORKER
): Promise<LoadResult> {
  signal.throwIfAborted()
  const thread = new Thread(order, script)
  const stop = (): void => thread.fail(new Error('nobody waits for the configuration any more'))
  signal.addEventListener('abort', stop)
  try {
    return await receive(thread, builtins)
  } finally {
    signal.removeEventListener('abort', stop)
    await thread.end()
  }
}

async function receive(thread: Thread, builtins: readonly PluginDefinition[]): Promise<LoadResult> {
  const { snapshot, ok: _, ...rest } = (await thread.receive()) as CompileReport
  if (snapshot === null) return { ok: false, ...rest }
  const unpacker = new PlanUnpacker(await bindPlugins(rest.modules, builtins))
  let next = thread.ask()
  for (;;) {
    await nextTurn()
    const piece = (await next) as CompileAnswer
    if (piece === null) return { ok: true, plan: unpacker.finish(), snapshot, ...rest }
    // The thread makes one ready while this one is taken.
    next = thread.ask()
    unpacker.add(piece)
  }
}

/** One message at a time from a thread that may die meanwhile. */
class Thread {
  readonly #worker: Worker
  readonly #ended: Promise<never>
  #end: (error: Error) => void = () => {}

  constructor(order: CompileOrder, script: URL) {
    this.#worker = new Worker(script, { workerData: order, name: 'compile' })
    this.#ended = new Promise((_, reject) => {
      this.#end = reject
    })
    // It may be that nobody is waiting for a message when the thread ends.
    this.#ended.catch(() => {})
    this.#worker.once('error', (error: unknown) => this.fail(error))
    this.#worker.once('messageerror', (error: unknown) => this.fail(error))
    this.#worker.once('exit', (code) => this.fail(new Error(`it ended with code ${code}`)))
  }

  receive(): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#worker.once('message', resolve)
    return Promise.race([promise, this.#ended])
  }

  ask(): Promise<unknown> {
    const answer = this.receive()
    this.#worker.postMessage(null)
    return answer
  }

  fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#end(new Error(`the thread that compiles the configuration failed: ${reason}`, { cause: error }))
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
