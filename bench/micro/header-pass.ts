/**
 * What the fields of a message cost on their way through, in nanoseconds per message: `node bench/micro/header-pass.ts`. The median of the rounds
 * is printed, with the lowest and the highest. Requests go to the upstream, answers to the client; each with as many fields as an API client
 * and a browser send, and with some that belong to the connection. What comes out is looked at before it is timed.
 */
import type { IncomingMessage } from 'node:http'
import { Exchange, type ExchangeFacts, type ExchangeServices } from '../../src/proxy/exchange.ts'
import type { Endpoint } from '../../src/proxy/ports.ts'
import { parseHead } from '../../src/upstream/http1/head-parser.ts'
import { KnownHead } from '../../src/upstream/http1/known-head.ts'
import { requestHead, type RequestLines } from '../../src/upstream/http1/request-head.ts'
import { clientHeaders } from '../../src/proxy/response-head.ts'
import type { RouteRuntime, UpstreamRuntime } from '../../src/proxy/route-runtime.ts'
import { upstreamHeaders } from '../../src/proxy/upstream-request.ts'

const ROUNDS = 13
const WARM_UP = 4
const PER_ROUND = 100_000

/** Name, value, name, value, as Node and undici have them. */
function fieldsOf(head: string): readonly string[] {
  return head.split('\n').flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
}

const API = fieldsOf(`Host: api.shop.example
Connection: keep-alive
Accept: application/json
Authorization: Bearer ${'x'.repeat(500)}`)

const BROWSER = fieldsOf(`Host: shop.example
Connection: keep-alive
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)
sec-ch-ua: "Chromium";v="150"
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Linux"
Accept: text/html,application/xhtml+xml
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
Referer: https://shop.example/lamps
Accept-Encoding: gzip, deflate, br
Accept-Language: en
Cookie: session=${'y'.repeat(64)}; theme=dark
If-None-Match: "4711"`)

const NOMINATING = [...API, ...fieldsOf('Connection: keep-alive, X-Hop\nX-Hop: 1\nTE: trailers\nUpgrade-Insecure-Requests: 1')]

const ANSWER = fieldsOf(`Date: Sat, 21 Nov 2026 10:00:00 GMT
Connection: keep-alive
Keep-Alive: timeout=60
Content-Type: application/json
Content-Length: 110
ETag: "4711"
Cache-Control: private, max-age=0
Vary: Accept-Encoding`)

/** Whatever the functions read of an exchange that came over HTTP/1.1 from nobody in particular. */
function exchangeOf(rawHeaders: readonly string[], edits: number): Exchange {
  const peer = { address: '192.0.2.7', trusted: false, localPort: 8080 }
  const facts = { authority: 'api.shop.example', scheme: 'http', peer } as ExchangeFacts
  const raw = { rawHeaders, httpVersion: '1.1', method: 'GET' } as unknown as IncomingMessage
  const services = { clock: { now: () => 0 } } as unknown as ExchangeServices
  const exchange = new Exchange(raw, {} as Exchange['response'], facts, { hasPlugins: false } as RouteRuntime, services)
  for (let i = 0; i < edits; i++) exchange.setRequestHeader(`x-set-${i}`, 'value')
  return exchange
}

const upstream = { hostHeader: { kind: 'upstream' } } as UpstreamRuntime
const endpoint = { authority: '10.0.0.1:3000' } as Endpoint

interface Case {
  readonly run: () => unknown
  /** How many fields come out. */
  readonly fields: number
}

function request(rawHeaders: readonly string[], fields: number, edits = 0): Case {
  const exchange = exchangeOf(rawHeaders, edits)
  return { run: () => upstreamHeaders(exchange, upstream, endpoint), fields }
}

/** So many messages in turn, which differ in the number of the one field that has one. */
function inTurn<T>(count: number, make: (number: (text: string) => string) => T): () => T {
  const all = Array.from({ length: count }, (_, index) => make((text) => text.replace('4711', String(4711 + index))))
  let at = 0
  return () => all[(at = at + 1 === count ? 0 : at + 1)] as T
}

/** From the fields of a request to what is written. */
function written(count: number): Case {
  const fields = upstreamHeaders(exchangeOf(BROWSER, 0), upstream, endpoint)
  const next = inTurn(count, (number) => ({ method: 'GET', target: '/lamps', headers: fields.map(number), body: null, upgrade: null }))
  const known: RequestLines = []
  return { run: () => requestHead(next(), known).text, fields: fields.length / 2 + 1 }
}

/** From what was read of an answer to its fields. */
function read(count: number): Case {
  const text = ANSWER.map((one, i) => (i % 2 === 0 ? `${one}: ` : `${one}\r\n`)).join('')
  const next = inTurn(count, (number) => Buffer.from(`HTTP/1.1 200 OK\r\n${number(text)}`, 'latin1'))
  const known = new KnownHead()
  return {
    run() {
      const head = next()
      return parseHead(head, 0, head.length, known).fields
    },
    fields: 8
  }
}

function cases(): Readonly<Record<string, Case>> {
  const exchange = exchangeOf([], 0)
  // Four forwarding fields and `via` come in; `host` stays, and what belongs to the connection goes.
  return {
    'request of an API client, 4 fields': request(API, 8),
    'request of a browser, 15 fields': request(BROWSER, 19),
    'request that nominates a field, 8': request(NOMINATING, 9),
    'request with 3 fields set by plugins': request(API, 11, 3),
    // The array is used up, so each needs one of its own, which is counted in.
    'answer, 8 fields': { run: () => clientHeaders(exchange, 200, ANSWER.slice(), false), fields: 7 },
    'request written, 19 fields, as before': written(1),
    'request written, one is another': written(100),
    'answer read, 8 fields, as before': read(1),
    'answer read, one is another': read(100)
  }
}

/** Of a list, or of text up to its empty line. */
function countFields(made: unknown): number {
  return Array.isArray(made) ? made.length / 2 : String(made).split('\r\n').length - 3
}

for (const [name, { run, fields }] of Object.entries(cases())) {
  const made = run()
  if (countFields(made) !== fields) throw new Error(`${name}: ${countFields(made)} fields instead of ${fields}: ${String(made)}`)
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = process.threadCpuUsage()
    for (let i = 0; i < PER_ROUND; i++) run()
    const { user, system } = process.threadCpuUsage(from)
    rounds.push(((user + system) * 1000) / PER_ROUND)
  }
  const sorted = rounds.slice(WARM_UP).toSorted((a, b) => a - b)
  const [low, median, high] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((ns) => (ns ?? 0).toFixed(0))
  console.log(`${name.padEnd(38)} ${median?.padStart(5)} ns   (${low} to ${high})`)
}
