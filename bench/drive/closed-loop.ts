// As many requests as the contestant answers: each connection sends its next one when the last was answered. For CPU and throughput.
// No rate is asked of autocannon: what it corrects latencies by then is wrong (a server that takes 50 ms was said to take 26).
import autocannon from 'autocannon'
import { Latencies, type Percentiles } from './latencies.ts'
import { originOf, type BenchRequest, type Target } from './request.ts'

export interface ClosedLoop {
  readonly connections: number
  readonly seconds: number
}

export interface ClosedLoopResult {
  readonly answers: number
  readonly seconds: number
  readonly latency: Percentiles
}

/** @throws when anything but a 200 comes back */
export async function closedLoop(target: Target, requests: readonly BenchRequest[], { connections, seconds }: ClosedLoop): Promise<ClosedLoopResult> {
  const latencies = new Latencies()
  let wrong = 0
  const begun = performance.now()
  let last = begun
  const options: autocannon.Options = {
    url: originOf(target),
    connections,
    duration: seconds,
    timeout: 20,
    tlsOptions: { rejectUnauthorized: false },
    requests: requests.map(({ method, path, headers, body }) => ({ method, path, headers: { ...headers }, ...(body === null ? {} : { body }) }))
  }
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const running = autocannon(options, (error: Error | null, done: autocannon.Result) => (error === null ? resolve(done) : reject(error)))
    running.on('response', (_client, status, _bytes, ms) => {
      last = performance.now()
      if (status !== 200) wrong++
      latencies.record(ms)
    })
  })
  if (wrong > 0 || result.errors > 0) throw new Error(`${wrong} of ${latencies.count} answers are not 200, ${result.errors} errors`)
  if (latencies.count === 0) throw new Error('not a single answer')
  return { answers: latencies.count, seconds: (last - begun) / 1000, latency: latencies.percentiles }
}
