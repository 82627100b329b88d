// What runs in the thread of `CompileThread` once its modules are loaded: reads and compiles a file when it is told to, and gives the plan away in pieces.
import { type MessagePort, parentPort } from 'node:worker_threads'
import { builtinPlugins } from '../../plugins/index.ts'
import { loadConfig } from '../config/load.ts'
import { packPlan, type PlanPiece } from '../config/ship-plan.ts'
import type { CompileAnswer, CompileOrder, CompileReport, CompileRequest } from './compile-thread-messages.ts'
import { provideSelfImports } from './self-imports.ts'

/** One order at a time; whoever gives them waits for the last piece before the next. */
class CompileWorker {
  readonly #port: MessagePort
  /** Of the last order, and nothing of it once they have been taken: a thread that waits keeps no plan. */
  #pieces: Iterator<PlanPiece, void, undefined> | null = null

  constructor(port: MessagePort) {
    this.#port = port
  }

  async compile(order: CompileOrder): Promise<void> {
    // A thread's own copy is read through a lock, and the parser of YAML asks for a variable with each token.
    process.env = { ...order.env }
    // While it compiles, the port alone must not keep this thread: a module that waits for what never comes is to end it.
    this.#port.unref()
    const loaded = await loadConfig({ ...order, builtins: builtinPlugins })
    this.#port.ref()
    const { ok, issues, files, modules, namesModules } = loaded
    this.#pieces = loaded.ok ? packPlan(loaded.plan) : null
    this.#port.postMessage({ ok, issues, files, modules, namesModules, snapshot: loaded.ok ? loaded.snapshot : null } satisfies CompileReport)
  }

  /** One piece for each question: all at once would be received in one turn of the other loop. */
  give(): void {
    const next = this.#pieces?.next()
    const piece: CompileAnswer = next === undefined || next.done === true ? null : next.value
    if (piece === null) this.#pieces = null
    this.#port.postMessage(piece)
  }
}

const port = parentPort
if (port === null) throw new Error('this file is run by a thread')
provideSelfImports()
const worker = new CompileWorker(port)
port.on('message', (request: CompileRequest) => {
  if (request === null) worker.give()
  else void worker.compile(request)
})
