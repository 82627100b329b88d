// The closed loop for long answers: autocannon makes a text of each body, and would be what is measured. Here bodies are counted and dropped.
import { Connection } from './connection.ts'
import type { ClosedLoop, ClosedLoopResult } from './closed-loop.ts'
import { Latencies } from './latencies.ts'
import { requestBytes, type BenchRequest, type Target } from './request.ts'

/** @throws when anything but a 200 comes back */
export async function plainLoop(target: Target, requests: readonly BenchRequest[], load: ClosedLoop): Promise<ClosedLoopResult> {
  const bytes = requests.map((request) => requestBytes(request, `127.0.0.1:${target.port}`))
  const all = await Connection.openMany(target, load.connections)
  const latencies = new Latencies()
  const begun = performance.now()
  let sent = 0
  const send = (connection: Connection): void => {
    connection.dueAt = performance.now()
    connection.send(bytes[sent++ % bytes.length] as Buffer)
  }
  // Each ends with an answer, so that nothing is on its way when the CPU is read.
  await Promise.all(
    all.map(
      (connection) =>
        new Promise<void>((resolve, reject) => {
          connection.onAnswer = (_connection, status) => {
            const now = performance.now()
            if (status !== 200) return reject(new Error(`an answer with ${status}`))
            latencies.record(now - connection.dueAt)
            if (now - begun < load.seconds * 1000) send(connection)
            else resolve()
          }
          send(connection)
        })
    )
  ).finally(() => {
    for (const connection of all) {
      connection.onAnswer = () => {}
      connection.close()
    }
  })
  return { answers: latencies.count, seconds: (performance.now() - begun) / 1000, latency: latencies.percentiles }
}
