import type { WorkerInfo } from '../admin/desk.ts'
import { backoffMs } from '../discovery/backoff.ts'
import type { KnownPorts } from '../gateway/doors.ts'
import type { Clock } from '../plugin-api/index.ts'
import type { GatewayLog } from '../telemetry/log.ts'
import type { Prepared, Proposal, SupervisorLine, WorkerStart } from './messages.ts'
import { type ViewedWorker, viewWorker } from './merged-view.ts'
import { StartFailed } from './start-failed.ts'
import { type ThreadEnd, WorkerThread } from './worker-thread.ts'

const BACKOFF = { baseMs: 100, maxMs: 30_000 }
/** A worker that served for so long was well: what ends it then is its first failure again. */
const WELL_MS = 60_000
/** For a configuration to be built; a thread that takes longer hangs. */
const PREPARE_MS = 60_000

export interface CrewOptions {
  readonly workers: number
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: GatewayLog
  readonly startOf: (worker: number) => WorkerStart
  /** The configuration that runs. */
  readonly proposal: () => Proposal
  /** Never beside a reload: a new worker begins with what the others run. */
  readonly inTurn: (run: () => Promise<void>) => Promise<void>
  /** Before the first message of a new thread can come. */
  readonly onStart: (worker: number, line: SupervisorLine) => void
  /** Its thread has ended; before its number is used again. */
  readonly onEnd: (worker: number) => void
  /** Another thread takes the place of one that has ended unasked. */
  readonly onRestart: () => void
}

interface Seat {
  readonly number: number
  state: 'starting' | 'serving' | 'ended'
  sinceMs: number
  servingSinceMs: number
  restarts: number
  failures: number
  thread: WorkerThread | null
}

/** The threads of all workers: starts them, and others in place of those that end. */
export class Crew {
  readonly #options: CrewOptions
  readonly #seats: readonly Seat[]
  #ports: KnownPorts = {}
  #isClosing = false

  constructor(options: CrewOptions) {
    this.#options = options
    const sinceMs = options.clock.wall()
    this.#seats = Array.from({ length: options.workers }, (_, number) => ({
      number,
      state: 'starting',
      sinceMs,
      servingSinceMs: 0,
      restarts: 0,
      failures: 0,
      thread: null
    }))
  }

  get ports(): KnownPorts {
    return this.#ports
  }

  get serving(): readonly ViewedWorker[] {
    return this.#serving().map(({ number, line }) => viewWorker(number, line))
  }

  /** Each time, how busy they were since the last time. */
  get infos(): readonly WorkerInfo[] {
    return this.#seats.map(({ number, state, sinceMs, restarts, thread }) => ({
      number,
      state,
      since: Math.round(sinceMs),
      restarts,
      eventLoopUtilization: thread?.utilization() ?? null
    }))
  }

  /**
   * @param hasPorts Whether all ports are known, so that they need not wait for each other.
   * @throws StartFailed when one of them cannot be started; all have ended then.
   */
  async start(hasPorts: boolean): Promise<void> {
    // Whoever is first may be given a port that the others need to know; they load their code meanwhile.
    const first = hasPorts ? 0 : 1
    const begun = this.#seats.map((seat) => [seat, this.#launch(seat)] as const)
    try {
      for (const [seat, thread] of begun.slice(0, first)) await this.#configure(seat, thread)
      await Promise.all(begun.slice(first).map(([seat, thread]) => this.#configure(seat, thread)))
    } catch (error) {
      await this.terminate()
      throw error
    }
  }

  /** All build a configuration. @returns what keeps them from it; nothing has changed then, and nothing is held. */
  async prepare(proposal: Proposal): Promise<readonly string[]> {
    const [first, ...others] = this.#serving()
    if (first === undefined) return ['no worker serves']
    // Whoever is first may be given a port that the others need to know.
    const answers = [await this.#prepare(first, proposal)]
    const ports = answers[0]?.ok === true ? answers[0].ports : {}
    if (answers[0]?.ok === true) answers.push(...(await Promise.all(others.map((thread) => this.#prepare(thread, { ...proposal, ports })))))
    const problems = [...new Set(answers.flatMap((answer) => (answer.ok ? [] : answer.problems)))]
    if (problems.length === 0) this.#ports = ports
    else await this.#tellAll('discard')
    return problems
  }

  /** All take over what they have prepared, at nearly the same moment. */
  commit(): Promise<void> {
    return this.#tellAll('commit')
  }

  /** Graceful. @returns how many requests were cut off */
  async close(limitMs: number): Promise<number> {
    this.#isClosing = true
    const cancel = this.#options.clock.after(limitMs, () => void this.terminate())
    const cuts = await Promise.all(
      this.#serving().map(({ line }) =>
        line.call('close', null).then(
          ({ cut }) => cut,
          () => 0
        )
      )
    )
    cancel()
    await this.terminate()
    return cuts.reduce((sum, cut) => sum + cut, 0)
  }

  async terminate(): Promise<void> {
    this.#isClosing = true
    await Promise.all(this.#seats.flatMap(({ thread }) => (thread === null ? [] : [thread.terminate()])))
  }

  #serving(): readonly WorkerThread[] {
    return this.#seats.flatMap(({ state, thread }) => (state === 'serving' && thread !== null ? [thread] : []))
  }

  /** One that has ended meanwhile gets the configuration that runs when it is started again. */
  async #tellAll(name: 'commit' | 'discard'): Promise<void> {
    await Promise.all(this.#serving().map(({ line }) => line.call(name, null).catch(() => {})))
  }

  #launch(seat: Seat): WorkerThread {
    const { number } = seat
    const thread = new WorkerThread(this.#options.startOf(number))
    seat.thread = thread
    this.#enter(seat, 'starting')
    this.#options.onStart(number, thread.line)
    void thread.ended.then((end) => this.#onEnd(seat, end))
    return thread
  }

  /** @throws StartFailed */
  async #configure(seat: Seat, thread: WorkerThread): Promise<void> {
    const answer = await this.#prepare(thread, { ...this.#options.proposal(), ports: this.#ports })
    if (!answer.ok) throw new StartFailed(answer.problems.join('; '))
    this.#ports = answer.ports
    seat.servingSinceMs = this.#options.clock.now()
    this.#enter(seat, 'serving')
  }

  async #prepare(thread: WorkerThread, proposal: Proposal): Promise<Prepared> {
    const cancel = this.#options.clock.after(PREPARE_MS, () => void thread.terminate())
    try {
      return await thread.line.call('prepare', proposal)
    } catch (error) {
      return { ok: false, problems: [`worker ${thread.number}: ${error instanceof Error ? error.message : String(error)}`] }
    } finally {
      cancel()
    }
  }

  #onEnd(seat: Seat, { error, code }: ThreadEnd): void {
    const { clock, log, onEnd, random } = this.#options
    const wasWell = seat.state === 'serving' && clock.now() - seat.servingSinceMs >= WELL_MS
    this.#enter(seat, 'ended')
    seat.thread = null
    onEnd(seat.number)
    if (this.#isClosing) return
    seat.failures = wasWell ? 1 : seat.failures + 1
    const afterMs = Math.round(backoffMs(seat.failures, random(), BACKOFF))
    log.error({ worker: seat.number, err: error ?? undefined, code, afterMs }, 'a worker has ended, another takes its place')
    clock.after(afterMs, () => void this.#options.inTurn(() => this.#restart(seat)))
  }

  async #restart(seat: Seat): Promise<void> {
    if (this.#isClosing) return
    seat.restarts++
    this.#options.onRestart()
    const thread = this.#launch(seat)
    try {
      await this.#configure(seat, thread)
      this.#options.log.info({ worker: seat.number }, 'a worker was started again')
    } catch (error) {
      if (!(error instanceof StartFailed)) throw error
      this.#options.log.error({ worker: seat.number, err: error }, 'a worker could not be started again')
      // Its end is what starts another one later.
      await thread.terminate()
    }
  }

  #enter(seat: Seat, state: Seat['state']): void {
    seat.state = state
    seat.sinceMs = this.#options.clock.wall()
  }
}
