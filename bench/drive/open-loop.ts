// Requests at a fixed rate whatever the answers do: each counts from the moment when it was due, so that waiting is seen.
import { Connection } from './connection.ts'
import { Latencies, type Percentiles } from './latencies.ts'
import { startPacer } from './pacer.ts'
import { requestBytes, type BenchRequest, type Target } from './request.ts'

const TICK_MS = 0.5
const PATIENCE_MS = 5000

export interface OpenLoop {
  /** Requests a second. */
  readonly rate: number
  readonly seconds: number
  /** Requests wait for a free one, which is a part of their latency. */
  readonly connections: number
  /** How long to wait for answers after the last one was due. Default 5000. */
  readonly patienceMs?: number
  /** Each connection has an answer before the time begins: a server that accepts all of them at once is busy for the slowest hundredth of a second. */
  readonly isWarm?: boolean
}

export interface OpenLoopResult {
  /** What was never answered counts with the time that it had waited in the end. */
  readonly latency: Percentiles
  readonly sent: number
  /** Answers other than 200, requests whose connection ended, and what was never answered. */
  readonly failures: number
  /** Connections that had to be opened again: a server may close idle ones, when it reloads for example. */
  readonly reopened: number
}

export async function openLoop(target: Target, requests: readonly BenchRequest[], load: OpenLoop): Promise<OpenLoopResult> {
  const run = new Run(
    target,
    requests.map((request) => requestBytes(request, `127.0.0.1:${target.port}`)),
    load
  )
  await run.open()
  const stop = await startPacer(TICK_MS, () => run.tick())
  await run.done
  await stop()
  run.close()
  return run.result
}

class Run {
  readonly #target: Target
  readonly #bytes: readonly Buffer[]
  readonly #perMs: number
  readonly #total: number
  readonly #connectionCount: number
  readonly #patienceMs: number
  readonly #isWarm: boolean
  readonly #latencies = new Latencies()
  readonly #all = new Set<Connection>()
  readonly #free: Connection[] = []
  readonly #resolvers = Promise.withResolvers<void>()
  #startedAt = 0
  #sent = 0
  #failures = 0
  #reopened = 0
  #unanswered = 0
  #isOver = false

  constructor(target: Target, bytes: readonly Buffer[], { rate, seconds, connections, patienceMs = PATIENCE_MS, isWarm = false }: OpenLoop) {
    this.#target = target
    this.#bytes = bytes
    this.#perMs = rate / 1000
    this.#total = Math.max(1, Math.round(rate * seconds))
    this.#connectionCount = connections
    this.#patienceMs = patienceMs
    this.#isWarm = isWarm
  }

  get done(): Promise<void> {
    return this.#resolvers.promise
  }

  get result(): OpenLoopResult {
    return { latency: this.#latencies.percentiles, sent: this.#sent, failures: this.#failures + this.#unanswered, reopened: this.#reopened }
  }

  async open(): Promise<void> {
    const all = await Connection.openMany(this.#target, this.#connectionCount)
    if (this.#isWarm) await Promise.all(all.map((connection) => this.#firstAnswer(connection)))
    for (const connection of all) this.#add(connection)
  }

  async #firstAnswer(connection: Connection): Promise<void> {
    const status = await new Promise<number>((resolve) => {
      connection.onAnswer = (_, status) => resolve(status)
      connection.send(this.#bytes[0] as Buffer)
    })
    if (!connection.isOpen) throw new Error(`a connection ended with its first answer, of status ${status}`)
  }

  #add(connection: Connection): void {
    connection.onAnswer = (one, status) => this.#answered(one, status)
    this.#all.add(connection)
    this.#free.push(connection)
  }

  /** Sends whatever is due, as far as connections are free. */
  tick(): void {
    const now = performance.now()
    if (this.#startedAt === 0) this.#startedAt = now
    while (this.#sent < this.#total && this.#free.length > 0) {
      const dueAt = this.#startedAt + this.#sent / this.#perMs
      if (dueAt > now) break
      const connection = this.#free.shift() as Connection
      if (!connection.isOpen) continue
      connection.dueAt = dueAt
      connection.send(this.#bytes[this.#sent % this.#bytes.length] as Buffer)
      this.#sent++
    }
    if (now - this.#startedAt > this.#total / this.#perMs + this.#patienceMs) this.#giveUp(now)
  }

  #giveUp(now: number): void {
    if (this.#isOver) return
    this.#isOver = true
    const before = this.#latencies.count + this.#failures
    for (const { isAnswerDue, dueAt } of this.#all) if (isAnswerDue) this.#latencies.record(now - dueAt)
    for (let i = this.#sent; i < this.#total; i++) this.#latencies.record(now - this.#startedAt - i / this.#perMs)
    this.#unanswered = this.#total - before
    this.#resolvers.resolve()
  }

  close(): void {
    this.#isOver = true
    for (const connection of this.#all) connection.close()
  }

  #answered(connection: Connection, status: number): void {
    if (this.#isOver) return
    if (status === 200) this.#latencies.record(performance.now() - connection.dueAt)
    else if (status !== -1) this.#failures++
    if (connection.isOpen) this.#free.push(connection)
    else this.#reopen(connection)
    if (this.#latencies.count + this.#failures === this.#total) this.#resolvers.resolve()
    else this.tick()
  }

  #reopen(lost: Connection): void {
    this.#all.delete(lost)
    if (this.#isOver) return
    Connection.open(this.#target).then(
      (connection) => {
        this.#reopened++
        if (this.#isOver) connection.close()
        else this.#add(connection)
      },
      // Nobody is there: what is due waits for the other connections, or is never answered.
      () => {}
    )
  }
}
