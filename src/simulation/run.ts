import { setImmediate as endOfTurn } from 'node:timers/promises'
import { Client, type ClientPlan } from './client.ts'
import { Invariants } from './invariants.ts'
import { drawExponential, type SeededRandom } from './random.ts'
import { createReport, type Report } from './report.ts'
import type { EventPlan, LoadPlan, Scenario } from './scenario.ts'
import { World } from './world.ts'

/** More than any scenario needs after its load is over: what still goes on then will never end. */
const MAX_EVENTS_AFTER = 5_000_000

/** Runs a scenario in virtual time; the same scenario and seed give the same report. @param seed Instead of the scenario's own. */
export async function simulate(scenario: Scenario, seed = scenario.seed): Promise<Report> {
  const run = new Run(scenario, seed)
  await run.play()
  return createReport(scenario, seed, run.world)
}

class Run {
  readonly world: World
  readonly #invariants: Invariants
  #open = 0

  constructor(scenario: Scenario, seed: number) {
    this.world = new World(scenario, seed)
    this.#invariants = new Invariants(this.world)
  }

  async play(): Promise<void> {
    const { clock, scenario } = this.world
    await this.world.openEntrances()
    for (const event of scenario.events) clock.at(clock.startMs + event.atMs, () => this.#change(event))
    for (const [index, load] of scenario.loads.entries()) this.#startLoad(load, index)
    const endMs = Math.max(...scenario.loads.map(({ fromMs, durationMs }) => fromMs + durationMs))
    await this.#through(() => clock.runUntil(clock.startMs + endMs))
    this.world.stopChecks()
    const lastEvent = clock.events + MAX_EVENTS_AFTER
    const isQuiet = await this.#through(() => clock.runAll(lastEvent - clock.events))
    this.#invariants.checkNow(this.#open)
    this.#invariants.checkEnd(this.#open, isQuiet)
  }

  /** Lets promises that were settled in the virtual time call back before it goes on. */
  async #through<T>(advance: () => T): Promise<T> {
    let result = advance()
    while (this.world.clock.isPaused) {
      await endOfTurn()
      result = advance()
    }
    return result
  }

  #change(event: EventPlan): void {
    if (event.kind === 'store') {
      this.world.changeStore(event.store)
      return
    }
    const { endpoints, set } = event
    for (const name of endpoints) {
      const endpoint = this.world.endpoints.get(name)
      if (endpoint === undefined) continue
      endpoint.behaviour = { ...endpoint.behaviour, ...set }
      endpoint.refill()
    }
  }

  /** One arrival after the other, so that a long load does not fill the memory with timers. */
  #startLoad(load: LoadPlan, index: number): void {
    const { clock, random } = this.world
    const own = random.fork(`load ${index}`)
    const meanMs = 1000 / load.ratePerSecond
    const endMs = clock.startMs + load.fromMs + load.durationMs
    let atMs = clock.startMs + load.fromMs + (load.arrival === 'even' ? meanMs : drawExponential(own, meanMs))
    const next = (): void => {
      if (atMs >= endMs) return
      clock.at(atMs, () => {
        this.#arrive(load, index, own)
        atMs += load.arrival === 'even' ? meanMs : drawExponential(own, meanMs)
        next()
      })
    }
    next()
  }

  #arrive(load: LoadPlan, index: number, random: SeededRandom): void {
    const { clock, clients, routes, entrances, exchangeServices, record } = this.world
    const exchange = {
      ...exchangeServices,
      onComplete: () => {
        this.#open--
        this.#invariants.onComplete(client)
        this.#note(client, load)
        // Not now: what follows in the same turn is part of the end.
        clock.defer((run) => run.#invariants.checkNow(run.#open), this)
      }
    }
    const services = {
      clock,
      random,
      exchange,
      enter: (entrances[index] as (typeof entrances)[number]).enter,
      defer: clock.defer,
      onDefect: (text: string) => record.defect('a client saw what it should not', text)
    }
    const client = new Client(clientPlan(load, clients.length, random), routes[index] as (typeof routes)[number], services)
    clients.push(client)
    this.#open++
    client.start()
  }

  #note(client: Client, load: LoadPlan): void {
    const { startMs } = this.world.clock
    this.world.record.requests.push({
      upstream: load.upstream,
      load: load.name,
      startedMs: client.startedMs - startMs,
      endedMs: client.closedMs - startMs,
      status: client.status,
      code: client.exchange.decision.code,
      aborted: client.aborted,
      finished: client.finished
    })
  }
}

function clientPlan(load: LoadPlan, number: number, random: SeededRandom): ClientPlan {
  const host = Math.floor(random.next() * load.clients) + 1
  const aborts = load.abortAfterMs !== null && (load.abortShare === 1 || random.next() < load.abortShare)
  return {
    number,
    method: load.method,
    fields: load.fields,
    address: `10.0.${host >> 8}.${host & 255}`,
    body: { bytes: load.bodyBytes, pieces: load.bodyPieces, pauseMs: load.bodyPauseMs, stopsAfter: load.bodyStopsAfter },
    consumer: load.consumer,
    abortAfterMs: aborts ? load.abortAfterMs : null,
    readMs: load.readMs
  }
}
