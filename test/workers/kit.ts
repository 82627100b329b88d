import { MessageChannel } from 'node:worker_threads'
import type { ServiceQuery } from '../../src/config/plan-discovery.ts'
import { type Discovery, labelOf } from '../../src/discovery/discovery.ts'
import type { DiscoveryEvent, ServiceName } from '../../src/discovery/events.ts'
import { ServiceWatch } from '../../src/discovery/service-watch.ts'
import type { Instance, Observer } from '../../src/discovery/types.ts'
import type { ChecksOptions, EndpointChecks } from '../../src/generation/members.ts'
import { createStateRegistry, type StateLease } from '../../src/generation/registry.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import type { CheckStatus, HealthEvent } from '../../src/policy/health/types.ts'
import { Line } from '../../src/workers/calls.ts'
import { CheckHub } from '../../src/workers/check-hub.ts'
import { DiscoveryHub } from '../../src/workers/discovery-hub.ts'
import { HealthRelay } from '../../src/workers/health-relay.ts'
import { attachHubs, detachHubs } from '../../src/workers/hubs.ts'
import type { SupervisorSide, WorkerLine, WorkerSide } from '../../src/workers/messages.ts'
import { KnowledgeInbox } from '../../src/workers/knowledge-inbox.ts'
import { RemoteChecks } from '../../src/workers/remote-checks.ts'
import { RemoteDiscovery } from '../../src/workers/remote-discovery.ts'
import type { Teardown } from '../support/gateway.ts'

/** The supervisor's hubs, with registries and endpoints that say what the test wants. */
export interface TestSupervisor {
  readonly clock: FakeClock
  readonly discovery: DiscoveryHub
  readonly registry: ScriptedRegistry
  readonly checks: Map<string, ScriptedCheck>
  /** Lines of the log, such as `orders ejected http://a`. */
  readonly log: string[]
  /** A worker's thread begins. */
  join(number: number): TestWorker
}

export interface TestWorker {
  readonly discovery: RemoteDiscovery
  readonly checks: RemoteChecks
  readonly knowledge: KnowledgeInbox
  /** Tells what happened to an endpoint here. */
  onHealth(upstream: string, event: HealthEvent): void
  /** A generation's hold on state. */
  lease(): StateLease
  /** Resolves when everything that was sent either way has been received. */
  settled(): Promise<void>
  /** Its thread ends, without a word. */
  die(): void
}

export function startSupervisor(t: Teardown): TestSupervisor {
  const clock = new FakeClock()
  const log: string[] = []
  const checks = new Map<string, ScriptedCheck>()
  const scripted = new ScriptedRegistry(clock)
  const hubs = {
    discovery: new DiscoveryHub((onEvent) => scripted.discovery(onEvent), createStateRegistry()),
    checks: new CheckHub((options) => new ScriptedCheck(options, checks)),
    health: new HealthRelay({
      clock,
      onHealth: (upstream, event) => log.push([upstream, event.kind, subject(event)].join(' '))
    }),
    writeLines() {}
  }
  return {
    clock,
    discovery: hubs.discovery,
    registry: scripted,
    checks,
    log,
    join(number) {
      const { port1, port2 } = new MessageChannel()
      t.teardown(() => port1.close())
      const here = new Line<SupervisorSide, WorkerSide>(port1)
      attachHubs(hubs, number, here)
      const there = new Line<WorkerSide, SupervisorSide>(port2)
      const state = createStateRegistry()
      return {
        ...remotes(there, clock),
        lease: () => state.lease(),
        async settled() {
          // What a message leads to is sent after it: the second answer comes behind that.
          for (let i = 0; i < 3; i++) await there.call('services', { settings: '', queries: [] })
        },
        die() {
          port1.close()
          detachHubs(hubs, number)
          here.close('its thread has ended')
        }
      }
    }
  }
}

/** As a worker wires them. */
function remotes(line: WorkerLine, clock: FakeClock): Pick<TestWorker, 'discovery' | 'checks' | 'knowledge' | 'onHealth'> {
  const discovery = new RemoteDiscovery({
    services: (ask) => line.call('services', ask),
    watch: (notice) => line.tell('watch', notice),
    unwatch: (notice) => line.tell('unwatch', notice)
  })
  const checks = new RemoteChecks({ check: (notice) => line.tell('check', notice), uncheck: (notice) => line.tell('uncheck', notice) })
  const knowledge = new KnowledgeInbox(clock)
  line.on('instances', (notice) => discovery.receive(notice))
  line.on('checked', (notice) => checks.receive(notice))
  line.on('knowledge', (notice) => knowledge.receive(notice))
  return { discovery, checks, knowledge, onHealth: (upstream, event) => line.tell('health', { upstream, event }) }
}

function subject(event: HealthEvent): string {
  return event.kind === 'panic' ? String(event.on) : event.key
}

export class ScriptedCheck implements EndpointChecks {
  readonly ready = Promise.resolve()
  readonly #running: Map<string, ScriptedCheck>
  readonly #origin: string
  status: CheckStatus = 'unknown'
  reason = ''
  onStatus: EndpointChecks['onStatus'] = null

  constructor({ origin }: ChecksOptions, running: Map<string, ScriptedCheck>) {
    if (running.has(origin)) throw new Error(`${origin} is checked twice`)
    this.#running = running
    this.#origin = origin
    running.set(origin, this)
  }

  say(status: CheckStatus, reason = ''): void {
    this.status = status
    this.reason = reason
    this.onStatus?.(status, reason)
  }

  stop(): void {
    this.#running.delete(this.#origin)
  }
}

/** A registry of services, and how often each has been asked for. */
export class ScriptedRegistry {
  readonly #followed = new Map<string, Observer[]>()
  /** How often a service was begun to be followed. */
  readonly begun: string[] = []
  applied = 0
  readonly #clock: FakeClock

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  /** Names of the services that are followed now. */
  get followed(): readonly string[] {
    return [...this.#followed.keys()].toSorted()
  }

  /** To whoever began last to follow the service. */
  answer(service: string, origins: readonly string[]): void {
    this.#observer(service).onAnswer({ instances: origins.map(instance), skipped: [] })
  }

  fail(service: string, reason: string): void {
    this.#observer(service).onFailure(new Error(reason))
  }

  discovery(onEvent: (name: ServiceName, event: DiscoveryEvent) => void): Discovery {
    return {
      prepare: (plan) =>
        Promise.resolve({
          discover: (query, state) =>
            state.take(
              JSON.stringify([plan.dns, query]),
              () => this.#watch(query, onEvent),
              (old) => old.stop()
            ),
          apply: () => {
            this.applied++
          }
        }),
      close: () => Promise.resolve()
    }
  }

  #watch(query: ServiceQuery, onEvent: (name: ServiceName, event: DiscoveryEvent) => void): ServiceWatch {
    const service = labelOf(query)
    const name = { provider: query.kind, service }
    return new ServiceWatch({
      name,
      rule: { emptyGraceMs: 0, massRemovalRatio: 1, confirmMs: 0 },
      clock: this.#clock,
      known: null,
      start: (observer) => {
        this.begun.push(service)
        this.#followed.set(service, [observer, ...(this.#followed.get(service) ?? [])])
        return {
          refresh() {},
          stop: () => {
            const others = (this.#followed.get(service) ?? []).filter((other) => other !== observer)
            if (others.length === 0) this.#followed.delete(service)
            else this.#followed.set(service, others)
          }
        }
      },
      onEvent: (event) => onEvent(name, event),
      onInstances() {}
    })
  }

  #observer(service: string): Observer {
    const observer = this.#followed.get(service)?.[0]
    if (observer === undefined) throw new Error(`${service} is not followed`)
    return observer
  }
}

export function instance(origin: string): Instance {
  return { origin, weight: 1, zone: null, tags: [] }
}
