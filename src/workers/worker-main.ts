// Before all others.
import '../system/keep-strings.ts'
import { parentPort, workerData } from 'node:worker_threads'
import { builtinPlugins } from '../../plugins/index.ts'
import { provideSelfImports } from '../cli/self-imports.ts'
import { threadsClock } from '../system/clock.ts'
import { atExit } from '../system/exit.ts'
import { keepTick } from '../system/keep-tick.ts'
import { flushLog } from '../telemetry/line-batch.ts'
import { createLog, inBatches } from '../telemetry/log.ts'
import { Line } from './calls.ts'
import type { WorkerLine, WorkerStart } from './messages.ts'
import { SentLines } from './sent-lines.ts'
import { serve } from './worker.ts'

// A worker's thread begins here.
provideSelfImports()
void keepTick()
const start = workerData as WorkerStart
if (parentPort === null) throw new Error('a worker is started by its supervisor')
const line: WorkerLine = new Line(parentPort)
const log = createLog(start.logLevel, threadsClock, inBatches(new SentLines(line), threadsClock), { worker: start.worker })
atExit(() => flushLog(log))
serve(start, {
  line,
  clock: threadsClock,
  log,
  builtins: builtinPlugins
})
