import { parentPort, workerData } from 'node:worker_threads'
import { builtinPlugins } from '../../plugins/index.ts'
import { provideSelfImports } from '../cli/self-imports.ts'
import { threadsClock } from '../system/clock.ts'
import { atExit } from '../system/exit.ts'
import { flushLog } from '../telemetry/line-batch.ts'
import { createLog } from '../telemetry/log.ts'
import type { WorkerStart } from './messages.ts'
import { serve } from './worker.ts'

// A worker's thread begins here.
provideSelfImports()
const start = workerData as WorkerStart
if (parentPort === null) throw new Error('a worker is started by its supervisor')
const log = createLog(start.logLevel, threadsClock, undefined, { worker: start.worker })
atExit(() => flushLog(log))
serve(start, {
  port: parentPort,
  clock: threadsClock,
  log,
  builtins: builtinPlugins
})
