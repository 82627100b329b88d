// Timers of an event loop know whole milliseconds, so everything due within one would leave as a burst. A thread that sleeps is finer.
import { Worker } from 'node:worker_threads'

const SLEEPER = `
const { parentPort, workerData } = require('node:worker_threads')
const never = new Int32Array(new SharedArrayBuffer(4))
const nap = () => {
  for (let i = 0; i < 50; i++) {
    Atomics.wait(never, 0, 0, workerData)
    parentPort.postMessage(0)
  }
  setImmediate(nap)
}
nap()
`

/** Calls back about every so many milliseconds. Resolves to what stops it. */
export async function startPacer(everyMs: number, onTick: () => void): Promise<() => Promise<void>> {
  const worker = new Worker(SLEEPER, { eval: true, workerData: everyMs })
  await new Promise((resolve) => worker.once('message', resolve))
  worker.on('message', onTick)
  return async () => {
    worker.removeAllListeners('message')
    await worker.terminate()
  }
}
