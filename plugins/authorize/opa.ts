import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { durationMs, type BoundCounter, type OutboundAnswer, type PluginDeps } from '../../src/plugin-api/index.ts'
import { DecisionCache } from './decision-cache.ts'
import type { OpaConfig } from './schema.ts'

/** `undefined`: the policy decides nothing, or there is none under that path. */
const DECISIONS = ['allowed', 'denied', 'undefined'] as const
/** There was no answer, or none that could be understood. */
const TROUBLES = ['timeout', 'failed', 'status', 'malformed'] as const
/** `cached`: decided without asking. */
const OUTCOMES = [...DECISIONS, ...TROUBLES, 'cached'] as const

type Outcome = (typeof OUTCOMES)[number]
type Answer = Exclude<Outcome, 'cached'>

const isTrouble = (answer: Answer): boolean => (TROUBLES as readonly string[]).includes(answer)

const LARGEST_ANSWER = 64 * 1024

/** Asks an Open Policy Agent for each request. What is no clear yes is a no. */
export class Opa {
  readonly #config: OpaConfig
  readonly #deps: PluginDeps
  readonly #timeoutMs: number
  readonly #fields: readonly string[]
  readonly #cache: DecisionCache
  readonly #counters: Readonly<Record<Outcome, BoundCounter>>
  #isAway = false

  constructor(config: OpaConfig, deps: PluginDeps, route: string) {
    this.#config = config
    this.#deps = deps
    this.#timeoutMs = durationMs(config.timeout)
    this.#fields = config.headers.map((name) => name.toLowerCase())
    this.#cache = new DecisionCache(durationMs(config.cache))
    this.#counters = Object.fromEntries(
      OUTCOMES.map((outcome) => [outcome, deps.metrics.counter('authorize_opa_total', 'Decisions of the Open Policy Agent.', { route, outcome })])
    ) as Record<Outcome, BoundCounter>
  }

  /** Whether the request may go on; never rejects. */
  async allows(request: FastifyRequest): Promise<boolean> {
    const question = JSON.stringify({ input: this.#inputOf(request) })
    // A hash, so that what is remembered holds no claims.
    const id = this.#cache.isOff ? '' : hash('sha256', question, 'base64url')
    const known = this.#cache.get(id, this.#deps.clock.now())
    if (known !== undefined) {
      this.#counters.cached.inc()
      return known
    }
    const answer = await this.#ask(question)
    this.#counters[answer].inc()
    if (isTrouble(answer)) return this.#config.failOpen
    this.#cache.set(id, answer === 'allowed', this.#deps.clock.now())
    return answer === 'allowed'
  }

  #inputOf({ method, headers, gateway }: FastifyRequest): object {
    const { consumer, claims, path, host, route } = gateway
    return {
      method,
      path,
      host,
      headers: Object.fromEntries(
        this.#fields.flatMap((name) => {
          const value = headers[name]
          return value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]]
        })
      ),
      consumer: consumer === null ? null : { name: consumer.name, groups: consumer.groups },
      claims,
      route: route.name
    }
  }

  async #ask(question: string): Promise<Answer> {
    const { clock, http } = this.#deps
    const startMs = clock.now()
    try {
      const answer = await http.request({
        url: this.#config.url,
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: question,
        timeoutMs: this.#timeoutMs,
        maxBytes: LARGEST_ANSWER
      })
      const found = readAnswer(answer)
      this.#note(isTrouble(found) ? `it answers ${answer.status}, which is no decision` : null)
      return found
    } catch (error) {
      this.#note(error instanceof Error ? error.message : String(error))
      return clock.now() - startMs >= this.#timeoutMs ? 'timeout' : 'failed'
    }
  }

  /** Once when it begins and once when it ends, not for each request. */
  #note(trouble: string | null): void {
    if (this.#isAway === (trouble !== null)) return
    this.#isAway = trouble !== null
    if (trouble === null) this.#deps.log.info({}, 'opa decides again')
    else this.#deps.log.warn({ trouble, failOpen: this.#config.failOpen }, 'opa gives no decision')
  }
}

/** OPA's data API answers 200 with `result`, or without one where nothing is decided. */
function readAnswer({ status, body }: OutboundAnswer): Answer {
  if (status !== 200) return 'status'
  let document: unknown
  try {
    document = JSON.parse(body.toString())
  } catch {
    return 'malformed'
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return 'malformed'
  const { result } = document as { readonly result?: unknown }
  if (result === undefined) return 'undefined'
  const allow = typeof result === 'object' && result !== null ? (result as { readonly allow?: unknown }).allow : result
  return allow === true ? 'allowed' : 'denied'
}
