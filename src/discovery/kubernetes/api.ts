import { readFileSync } from 'node:fs'
import type { KubernetesQuery, KubernetesSettings } from '../../config/plan-discovery.ts'
import type { Clock } from '../../plugin-api/index.ts'
import { createHttpClient, createTokenFile, type HttpClient, type TokenFile } from '../http-client.ts'
import { textOrNull } from '../instance.ts'
import type { EndpointSlice } from './slices.ts'

export interface SliceList {
  /** By name. */
  readonly slices: Map<string, EndpointSlice>
  /** Where a watch goes on from. */
  readonly version: string
}

/** One line of a watch. The object of a BOOKMARK has a version and nothing else. */
export interface SliceEvent {
  readonly type: string
  readonly object: EndpointSlice
}

type Verb = 'list' | 'watch'
type Json = Readonly<Record<string, unknown>>

/** Its name works in every pod. */
const DEFAULT_API_SERVER = 'https://kubernetes.default.svc'
const PAGE_SIZE = 500
const ANSWER_MS = 10_000

/** Beyond the time after which the server ends a watch by itself. */
const SILENCE_SLACK_MS = 10_000

/** EndpointSlices of the API server: list and watch (Kubernetes, "API Concepts"). */
export class KubernetesApi {
  readonly #settings: KubernetesSettings
  readonly #clock: Clock
  readonly #token: TokenFile
  #http: HttpClient | null = null
  #ownNamespace: string | null = null

  constructor(settings: KubernetesSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    this.#token = createTokenFile(settings.tokenFile, clock)
  }

  /** All slices of a service at one moment. @throws Error in words for an operator */
  async list(query: KubernetesQuery, signal: AbortSignal): Promise<SliceList> {
    const path = this.#pathOf(query)
    const slices = new Map<string, EndpointSlice>()
    let page = `&limit=${PAGE_SIZE}`
    for (;;) {
      const pagePath = path + page
      const answer = await this.#authorized(async (http, headers) => http.request({ path: pagePath, headers, timeoutMs: ANSWER_MS, signal }))
      if (answer.status === 410 && page.includes('continue')) {
        // The rest of the list has been forgotten meanwhile: one without pages cannot be ("Retrieving large results sets in chunks").
        slices.clear()
        page = ''
        continue
      }
      if (answer.status !== 200) throw this.#refusal('list', query, answer)
      const { items, metadata } = answer.json() as { readonly items?: unknown; readonly metadata?: Json }
      const version = textOrNull(metadata?.['resourceVersion'])
      if (!Array.isArray(items) || version === null) throw new Error('the API server answered with something that is no list')
      for (const slice of items as readonly EndpointSlice[]) slices.set(slice.metadata.name, slice)
      const next = textOrNull(metadata?.['continue'])
      if (next === null) return { slices, version }
      page = `&limit=${PAGE_SIZE}&continue=${encodeURIComponent(next)}`
    }
  }

  /**
   * Follows all changes after a version until the server ends the watch, as it does after `seconds`.
   * @returns `gone` when the server does not know what came after the version any more, so that only a list helps.
   * @throws Error in words for an operator
   */
  async watch(
    query: KubernetesQuery,
    from: { readonly version: string; readonly seconds: number },
    onEvent: (event: SliceEvent) => void,
    signal: AbortSignal
  ): Promise<'ended' | 'gone'> {
    const path = `${this.#pathOf(query)}&watch=1&allowWatchBookmarks=true&timeoutSeconds=${from.seconds}&resourceVersion=${encodeURIComponent(from.version)}`
    let isGone = false
    const onLine = (line: string): void => {
      if (line.trim() === '') return
      const event = parseEvent(line)
      // Ends the stream: nothing of use comes after it.
      if (event.type === 'ERROR') {
        const { code, reason, message } = event.object as unknown as Json
        isGone = code === 410 || reason === 'Expired' || reason === 'Gone'
        throw new Error(`the API server ended the watch: ${textOrNull(message) ?? String(code)}`)
      }
      onEvent(event)
    }
    try {
      const idleMs = from.seconds * 1000 + SILENCE_SLACK_MS
      const answer = await this.#authorized(async (http, headers) => http.lines({ path, headers, timeoutMs: ANSWER_MS, signal }, { onLine, idleMs }))
      if (answer.status === 410) return 'gone'
      if (answer.status !== 200) throw this.#refusal('watch', query, answer)
      return 'ended'
    } catch (error) {
      if (isGone) return 'gone'
      throw error
    }
  }

  close(): void {
    this.#http?.close()
  }

  /** A token that is refused may have been replaced in its file, which is no failure. */
  async #authorized<A extends { readonly status: number }>(
    send: (http: HttpClient, headers: Readonly<Record<string, string>>) => Promise<A>
  ): Promise<A> {
    const http = this.#client()
    const bearer = (token: string | null): Record<string, string> => (token === null ? {} : { authorization: `Bearer ${token}` })
    const token = this.#token()
    const answer = await send(http, bearer(token))
    if (answer.status !== 401) return answer
    this.#token.expire()
    const fresh = this.#token()
    return fresh === token ? answer : send(http, bearer(fresh))
  }

  /** @throws Error when the CA file cannot be read, which is tried again with the next question */
  #client(): HttpClient {
    if (this.#http !== null) return this.#http
    const address = this.#settings.apiServer ?? DEFAULT_API_SERVER
    const tls = address.startsWith('https:')
      ? { caPem: readText(this.#settings.caFile, 'CA file'), certPem: null, keyPem: null, serverName: null, insecureSkipVerify: false }
      : null
    this.#http = createHttpClient({ addresses: [address], tls, clock: this.#clock })
    return this.#http
  }

  #pathOf(query: KubernetesQuery): string {
    const selector = encodeURIComponent(`kubernetes.io/service-name=${query.service}`)
    return `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(this.#namespaceOf(query))}/endpointslices?labelSelector=${selector}`
  }

  /** @throws Error when neither the configuration nor the service account names one */
  #namespaceOf({ namespace }: KubernetesQuery): string {
    const configured = namespace ?? this.#settings.namespace
    if (configured !== null) return configured
    this.#ownNamespace ??= readText(this.#settings.namespaceFile, 'no namespace is configured, and the namespace file')
    return this.#ownNamespace
  }

  #refusal(verb: Verb, query: KubernetesQuery, { status, text }: { readonly status: number; readonly text: string }): Error {
    if (status === 401) return new Error(`the API server does not accept the token of ${this.#settings.tokenFile}`)
    const needed = `endpointslices ${verb} in namespace ${this.#namespaceOf(query)}`
    if (status === 403)
      return new Error(`the permission is missing for ${needed} (API group discovery.k8s.io, verbs list and watch): ${messageOf(text)}`)
    return new Error(`the API server answered ${status} to ${needed}: ${messageOf(text)}`)
  }
}

/** @throws Error that names what cannot be read, or is empty */
function readText(path: string, what: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text !== '') return text
  } catch (error) {
    throw new Error(`${what} ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  throw new Error(`${what} ${path} is empty`)
}

/** @throws Error for a line that is no event, such as one that was cut off */
function parseEvent(line: string): SliceEvent {
  try {
    const event = JSON.parse(line) as SliceEvent
    // A Status, which comes with ERROR, may do without.
    if (event.type === 'ERROR' || typeof event.object.metadata === 'object') return event
  } catch {
    // Said below.
  }
  throw new Error(`the API server sent a line that is no event: ${JSON.stringify(line.slice(0, 60))}`)
}

/** Of the Status object that answers a request in vain. */
function messageOf(text: string): string {
  try {
    return textOrNull((JSON.parse(text) as Json)['message']) ?? text.slice(0, 200)
  } catch {
    return text.slice(0, 200).trim()
  }
}
