// What runs in the thread of `CompileThread`: reads and compiles one file, and gives the plan away in pieces.
import { parentPort, workerData } from 'node:worker_threads'
import { builtinPlugins } from '../../plugins/index.ts'
import { loadConfig } from '../config/load.ts'
import { packPlan } from '../config/ship-plan.ts'
import type { CompileAnswer, CompileOrder, CompileReport } from './compile-thread-messages.ts'
import { provideSelfImports } from './self-imports.ts'

const port = parentPort
if (port === null) throw new Error('this file is run by a thread')
provideSelfImports()
// A thread's own copy is read through a lock, and the parser of YAML asks for a variable with each token.
process.env = { ...process.env }
const loaded = await loadConfig({ ...(workerData as CompileOrder), builtins: builtinPlugins })
const { ok, issues, files, modules } = loaded
const pieces = loaded.ok ? packPlan(loaded.plan) : null
// One piece for each question: all at once would be received in one turn of the other loop.
port.on('message', () => {
  const next = pieces?.next()
  port.postMessage((next === undefined || next.done === true ? null : next.value) satisfies CompileAnswer)
})
port.postMessage({ ok, issues, files, modules, snapshot: loaded.ok ? loaded.snapshot : null } satisfies CompileReport)
