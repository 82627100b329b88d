import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'
import { pathOf, sendProblem } from './error-answers.ts'
import { faultsPath, registerFaultEndpoint } from './fault-endpoint.ts'
import type { FaultSettings } from './fault-settings.ts'
import { healthPath } from './health.ts'
import { Problem, problemBody } from './problem.ts'
import { seededRandom } from './seeded-random.ts'
import type { ServiceApp } from './type-provider.ts'

/** Faults and what they are made from. Time and chance come in from outside, so that tests decide them. */
export interface FaultSetup {
  readonly initial: FaultSettings
  /** Whoever knows it may change the faults; null: nobody may. */
  readonly token: string | null
  /** From 0 to 1, without the 1; not asked while the settings have a seed. */
  readonly random: () => number
  /** Ends after `ms`; may end, or throw, as soon as the signal is aborted. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface Fate {
  readonly kind: 'answer' | 'hang' | 'reset' | 'error'
  readonly delayMs: number
}

/**
 * Decides about one request. Takes two numbers whatever the settings are, so that with a seed the n-th request meets the
 * same luck under other rates.
 */
export function drawFate({ latencyMs, jitterMs, errorRate, resetRate, hangRate }: FaultSettings, random: () => number): Fate {
  const luck = random()
  const delayMs = latencyMs + jitterMs * (2 * random() - 1)
  if (luck < hangRate) return { kind: 'hang', delayMs: 0 }
  if (luck < hangRate + resetRate) return { kind: 'reset', delayMs }
  return { kind: luck < hangRate + resetRate + errorRate ? 'error' : 'answer', delayMs }
}

/** Lets faults happen to the requests of a service before its handlers see them, so what failed here has changed nothing. */
export function registerFaults(app: ServiceApp, setup: FaultSetup): Faults {
  const faults = new Faults(setup)
  app.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.url ?? pathOf(request)
    if (route === faultsPath || (route === healthPath && !faults.settings.health)) return undefined
    return faults.meet(request, reply)
  })
  app.addHook('preClose', async () => {
    faults.stop()
  })
  if (setup.token !== null) registerFaultEndpoint(app, faults, setup.token)
  return faults
}

export class Faults {
  readonly #setup: FaultSetup
  readonly #waiting = new Set<AbortController>()
  readonly #hanging = new Set<Socket>()
  #settings: FaultSettings
  #random: () => number
  #stopping = false

  constructor(setup: FaultSetup) {
    this.#setup = setup
    this.#settings = setup.initial
    this.#random = this.#randomOf(setup.initial)
  }

  get settings(): FaultSettings {
    return this.#settings
  }

  /** From the next request on; a seed begins its sequence anew. */
  set settings(settings: FaultSettings) {
    this.#settings = settings
    this.#random = this.#randomOf(settings)
  }

  /** How many requests are being delayed or hang. */
  get held(): number {
    return this.#waiting.size + this.#hanging.size
  }

  /** What a hook gives back: the reply when this request goes no further. */
  async meet(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    if (this.#stopping) return undefined
    const settings = this.#settings
    const { kind, delayMs } = drawFate(settings, this.#random)
    const { socket } = request.raw
    if (kind !== 'answer') request.log.debug({ fault: kind }, 'a fault')
    if (kind === 'hang') return this.#hang(request, reply)
    if (delayMs > 0) await this.#wait(socket, delayMs)
    // Nobody is left to do the work for.
    if (socket.destroyed) return reply.hijack()
    if (kind === 'error') return answerFault(reply, settings)
    if (kind === 'answer') return undefined
    reply.hijack()
    socket.resetAndDestroy()
    return reply
  }

  /** Ends delays early, so that what was asked is still answered; what hangs has no answer to wait for. */
  stop(): void {
    this.#stopping = true
    for (const wait of this.#waiting) wait.abort()
    for (const socket of this.#hanging) socket.destroy()
  }

  #hang(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { socket } = request.raw
    reply.hijack()
    this.#hanging.add(socket)
    socket.once('close', () => this.#hanging.delete(socket))
    // A body that nobody reads would end as 408, and hide that the client has gone.
    request.raw.resume()
    return reply
  }

  async #wait(socket: Socket, delayMs: number): Promise<void> {
    const wait = new AbortController()
    const end = (): void => {
      wait.abort()
    }
    this.#waiting.add(wait)
    socket.once('close', end)
    try {
      await this.#setup.delay(delayMs, wait.signal)
    } catch (error) {
      if (!wait.signal.aborted) throw error
    } finally {
      socket.off('close', end)
      this.#waiting.delete(wait)
    }
  }

  #randomOf({ seed }: FaultSettings): () => number {
    return seed === undefined ? this.#setup.random : seededRandom(seed)
  }
}

/** Not thrown: the error handler logs, and adds a Retry-After of its own. */
function answerFault(reply: FastifyReply, { errorStatus, retryAfterSeconds }: FaultSettings): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  sendProblem(reply, problemBody(new Problem(errorStatus, 'injected-fault', 'This service was told to fail')))
  return reply
}
