import type { Clock, Random } from '../plugin-api/index.ts'
import type { AttemptSink, Transport, UpstreamRequest } from '../proxy/ports.ts'
import type { Behaviour } from './behaviour.ts'
import { ScriptedAttempt } from './scripted-attempt.ts'

export interface EndpointLimits {
  readonly connectMs: number
  readonly responseMs: number
}

/** Who is told what reaches the endpoints. */
export interface EndpointObserver {
  /** @returns A number for the attempt, which its answer carries in `x-attempt`. */
  onBegin(endpoint: ScriptedEndpoint, request: UpstreamRequest): number
  onOver(endpoint: ScriptedEndpoint): void
  /** Whether the client has sent the whole body of the request that the attempt belongs to. */
  isBodySent(attempt: number): boolean
  /** Runs it once when more of that body has come, or no more will. */
  onBodyMoved(attempt: number, run: () => void): void
  /** Something that no endpoint should ever see. */
  onDefect(text: string): void
}

export interface EndpointServices {
  readonly clock: Clock
  readonly random: Random
  readonly defer: <T>(run: (value: T) => void, value: T) => void
  readonly observer: EndpointObserver
}

/** A service that exists as a script only: what it does is its behaviour, which may change at any time. */
export class ScriptedEndpoint {
  /** Host and port, as in the url. */
  readonly name: string
  behaviour: Behaviour
  readonly #services: EndpointServices
  /** Requests that are worked on. */
  #working = 0
  /** Requests that wait for a place, in order. */
  readonly #queue: ScriptedAttempt[] = []
  /** Attempts that are not over, as the endpoint's side sees it. */
  #running = 0

  constructor(name: string, behaviour: Behaviour, services: EndpointServices) {
    this.name = name
    this.behaviour = behaviour
    this.#services = services
  }

  get running(): number {
    return this.#running
  }

  get queued(): number {
    return this.#queue.length
  }

  /** What the gateway dials. */
  connect(limits: EndpointLimits): Transport {
    return {
      send: (request: UpstreamRequest, sink: AttemptSink) => {
        this.#running++
        const number = this.#services.observer.onBegin(this, request)
        new ScriptedAttempt(this, { number, request, sink, limits, services: this.#services }).start()
      }
    }
  }

  /** @internal An attempt wants to be worked on: at once, or when it is its turn. */
  enter(attempt: ScriptedAttempt): void {
    if (this.#isFull) this.#queue.push(attempt)
    else this.#admit(attempt)
  }

  /** @internal Work is done, whether or not anybody still waits for it. */
  leave(): void {
    this.#working--
    this.refill()
  }

  /** @internal */
  over(): void {
    this.#running--
    this.#services.observer.onOver(this)
  }

  /** Lets in who waits while there is room: after work was done, or the capacity has changed. */
  refill(): void {
    while (this.#queue.length > 0 && !this.#isFull) {
      const next = this.#queue.shift() as ScriptedAttempt
      // A connection that was closed in the meantime is noticed before its request is begun.
      if (!next.isOver) this.#admit(next)
    }
  }

  get #isFull(): boolean {
    const { capacity } = this.behaviour
    return capacity !== null && this.#working >= capacity
  }

  #admit(attempt: ScriptedAttempt): void {
    this.#working++
    attempt.work()
  }
}
