// Very many connections: idle ones, and ones that all wait for a slow upstream at the same time.
import { setTimeout } from 'node:timers/promises'
import { Connection } from './connection.ts'
import { Latencies, type Percentiles } from './latencies.ts'
import { requestBytes, type BenchRequest, type Target } from './request.ts'

/** Opens so many connections, lets each send one request, and leaves them open. @throws when one was not answered with 200 */
export async function openIdle(target: Target, request: BenchRequest, count: number): Promise<readonly Connection[]> {
  const bytes = requestBytes(request, `127.0.0.1:${target.port}`)
  const all: Connection[] = []
  while (all.length < count) {
    const some = await Connection.openMany(target, Math.min(100, count - all.length))
    all.push(...some)
    const statuses = await Promise.all(some.map((connection) => answerOf(connection, bytes)))
    const wrong = statuses.find((status) => status !== 200)
    if (wrong !== undefined) throw new Error(`one of ${count} connections was answered with ${wrong}`)
  }
  return all
}

function answerOf(connection: Connection, bytes: Buffer): Promise<number> {
  return new Promise((resolve) => {
    connection.onAnswer = (_connection, status) => resolve(status)
    connection.send(bytes)
  })
}

export interface Crowd {
  readonly connections: number
  /** How long the upstream takes. */
  readonly delayMs: number
  /** Requests of each connection, one after the other. */
  readonly each: number
  /** When it is given up. */
  readonly limitMs: number
}

export interface CrowdResult {
  readonly answers: number
  readonly failures: number
  /** What came on top of the upstream's own time. */
  readonly added: Percentiles
}

/** The first requests are spread over the upstream's time, so that from then on about as many begin and end in each moment. */
export async function crowd(target: Target, request: BenchRequest, { connections, delayMs, each, limitMs }: Crowd): Promise<CrowdResult> {
  const bytes = requestBytes(request, `127.0.0.1:${target.port}`)
  const all = await Connection.openMany(target, connections)
  const latencies = new Latencies()
  const left = new Map(all.map((connection) => [connection, each]))
  let failures = 0
  const { promise: over, resolve: finish } = Promise.withResolvers<void>()
  const send = (connection: Connection): void => {
    connection.dueAt = performance.now()
    connection.send(bytes)
  }
  for (const connection of all) {
    connection.onAnswer = (_connection, status) => {
      if (status === 200) latencies.record(performance.now() - connection.dueAt - delayMs)
      else failures++
      const more = (left.get(connection) ?? 0) - 1
      left.set(connection, more)
      if (more > 0 && connection.isOpen) send(connection)
      else left.delete(connection)
      if (left.size === 0) finish()
    }
  }
  const giveUp = AbortSignal.timeout(limitMs)
  giveUp.addEventListener('abort', () => finish())
  const perTurn = Math.ceil((connections * 10) / delayMs)
  for (let i = 0; i < all.length; i += perTurn) {
    for (const connection of all.slice(i, i + perTurn)) if (connection.isOpen) send(connection)
    await setTimeout(10)
  }
  await over
  const unanswered = [...left.values()].reduce((sum, one) => sum + one, 0)
  for (const connection of all) {
    connection.onAnswer = () => {}
    connection.close()
  }
  return { answers: latencies.count, failures: failures + unanswered, added: latencies.percentiles }
}
