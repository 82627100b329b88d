import type { EtcdSettings } from '../../config/plan-discovery.ts'
import type { Clock } from '../../plugin-api/index.ts'
import { createHttpClient, type HttpAnswer, type HttpClient } from '../http-client.ts'
import { type RangeAnswer, rangeOf, readRange, readWatchLine, reasonOf, type WatchAnswer } from './messages.ts'

/** Time for an answer; of a watch, until it is there. */
const ANSWER_MS = 10_000

/**
 * Longest silence of a watch. By default etcd notifies of progress every ten minutes only; a connection that was lost without a word is
 * noticed sooner by asking again.
 */
const SILENCE_MS = 60_000

/** What clientv3 asks for a new token after too, besides code 16: the server's other ways to say that a token is no longer worth anything. */
const STALE_LOGIN = /invalid auth token|revision of auth store is old|user name is empty/

/** gRPC's UNAUTHENTICATED and FAILED_PRECONDITION. */
const UNAUTHENTICATED = 16
const FAILED_PRECONDITION = 9

/** etcd's JSON gateway (etcd.io/docs, "Why gRPC gateway"): plain HTTP in front of the gRPC services. */
export class EtcdGateway {
  readonly #settings: EtcdSettings
  readonly #http: HttpClient
  /** A token, or null where etcd wants none; shared by all, renewed when it is refused. */
  #login: Promise<string | null> | null = null

  constructor(settings: EtcdSettings, clock: Clock) {
    this.#settings = settings
    this.#http = createHttpClient({ addresses: settings.addresses, tls: settings.tls, clock })
  }

  /** All keys that begin with the prefix, linearizable. @throws Error in words for an operator */
  async range(prefix: string, signal: AbortSignal): Promise<RangeAnswer> {
    for (let attempt = 1; ; attempt++) {
      const login = this.#authenticated()
      const headers = tokenHeader(await login)
      const answer = await this.#http.request({ method: 'POST', path: '/v3/kv/range', body: rangeOf(prefix), headers, timeoutMs: ANSWER_MS, signal })
      if (answer.status === 200) return readRange(answer.json())
      if (this.#login === login && isLoginStale(answer)) this.#login = null
      if (this.#login === login || attempt > 1 || this.#settings.username === null) throw new Error(failureOf(answer))
    }
  }

  /**
   * Tells what happens to the keys that begin with the prefix from a revision on. Resolves when the watch is over without an error.
   * @throws Error in words for an operator; also when it is silent for too long
   */
  async watch(prefix: string, fromRevision: number, onAnswer: (answer: WatchAnswer) => void, signal: AbortSignal): Promise<void> {
    const body = { create_request: { ...rangeOf(prefix), start_revision: String(fromRevision), progress_notify: true } }
    // Passed on as metadata: a member that has lost its leader ends the watch instead of telling nothing (clientv3.WithRequireLeader).
    const headers = { ...tokenHeader(await this.#authenticated()), 'grpc-metadata-hasleader': 'true' }
    const { status, text } = await this.#http.lines(
      { method: 'POST', path: '/v3/watch', body, headers, timeoutMs: ANSWER_MS, signal },
      {
        idleMs: SILENCE_MS,
        onLine: (line) => {
          if (line !== '') onAnswer(readWatchLine(line))
        }
      }
    )
    if (status !== 200) throw new Error(`etcd answered ${status}: ${text.slice(0, 200).trim()}`)
  }

  close(): void {
    this.#http.close()
  }

  #authenticated(): Promise<string | null> {
    if (this.#login !== null) return this.#login
    const login = this.#authenticate()
    this.#login = login
    login.catch(() => {
      if (this.#login === login) this.#login = null
    })
    return login
  }

  async #authenticate(): Promise<string | null> {
    const { username, password } = this.#settings
    if (username === null) return null
    const body = { name: username, password: password ?? '' }
    const answer = await this.#http.request({ method: 'POST', path: '/v3/auth/authenticate', body, timeoutMs: ANSWER_MS })
    // Authentication is not enabled: whoever has a password is welcome nevertheless.
    if (codeOf(answer) === FAILED_PRECONDITION) return null
    if (answer.status !== 200) throw new Error(failureOf(answer))
    const { token } = answer.json() as { readonly token?: unknown }
    if (typeof token !== 'string') throw new Error('etcd answered without a token')
    return token
  }
}

function tokenHeader(token: string | null): Readonly<Record<string, string>> {
  return token === null ? {} : { authorization: token }
}

function isLoginStale(answer: HttpAnswer): boolean {
  return answer.status === 401 || codeOf(answer) === UNAUTHENTICATED || STALE_LOGIN.test(answer.text)
}

function codeOf(answer: HttpAnswer): unknown {
  if (answer.status === 200) return 0
  try {
    return (answer.json() as { readonly code?: unknown } | null)?.code
  } catch {
    return null
  }
}

function failureOf(answer: HttpAnswer): string {
  try {
    return `etcd answered ${answer.status}: ${reasonOf(answer.json())}`
  } catch {
    return `etcd answered ${answer.status}: ${answer.text.slice(0, 200).trim()}`
  }
}
