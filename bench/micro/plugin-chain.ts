/**
 * What plugins cost a request that they let pass, in microseconds: `node bench/micro/plugin-chain.ts`. First so many hooks that do nothing, then
 * built-in plugins as they are usually configured, each by itself on the bench that `sallyport/testing` gives plugin authors. Requests are
 * injected, so nothing of it is the network's. The figure is what comes on top of the same request without any plugin, which has a slice of a few
 * milliseconds right before each; the median of many such pairs is printed, with its quartiles, so that collections of garbage and whatever else
 * interrupts do not count. Plugins that ask another service, and those that need a certificate or a signature of the whole request, are left out.
 */
import { createSign, generateKeyPairSync } from 'node:crypto'
import authorize from '../../plugins/authorize/index.ts'
import cors from '../../plugins/cors/index.ts'
import headers from '../../plugins/headers/index.ts'
import ipFilter from '../../plugins/ip-filter/index.ts'
import jwt from '../../plugins/jwt/index.ts'
import keyAuth from '../../plugins/key-auth/index.ts'
import rateLimit from '../../plugins/rate-limit/index.ts'
import requestId from '../../plugins/request-id/index.ts'
import requestSize from '../../plugins/request-size/index.ts'
import securityHeaders from '../../plugins/security-headers/index.ts'
import type { PluginDefinition } from '../../src/plugin-api/index.ts'
import { FakeClock, testPlugin, type PluginBench, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

const ROUNDS = 240
const WARM_UP = 60
const PER_SLICE = 50

const clock = new FakeClock()
const KEY = 'a-key-that-is-long-enough-0123456789'
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })

interface Candidate {
  readonly name: string
  readonly plugin: PluginDefinition
  readonly config?: object
  readonly options?: TestPluginOptions
  readonly headers?: Readonly<Record<string, string>>
}

/** So many hooks, as a chain of plugins that each have one. */
function hooks(count: number): Candidate {
  const plugin = {
    name: 'nothing',
    phase: 'transform',
    scopes: ['route'],
    schema: { type: 'object' },
    async register(app) {
      for (let i = 0; i < count; i++) app.addHook('onRequest', (_request, _reply, done) => done())
    }
  } as PluginDefinition
  return { name: `${count} hooks that do nothing`, plugin }
}

function token(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(clock.wall() / 1000)
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ sub: 'user-1', iat: now, exp: now + 3600 })}`
  return `${text}.${createSign('sha256').update(text).sign(pair.privateKey).toString('base64url')}`
}

const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const consumers = [{ name: 'mobile-app', groups: ['partners'], apiKeys: [KEY] }]
const bearer = { authorization: `Bearer ${token()}` }

const CANDIDATES: readonly Candidate[] = [
  ...[1, 4, 16].map(hooks),
  { name: 'request-id', plugin: requestId },
  { name: 'cors', plugin: cors, config: { origins: ['https://shop.example'] }, headers: { origin: 'https://shop.example' } },
  { name: 'ip-filter', plugin: ipFilter, config: { allow: ['192.0.2.0/24', '10.0.0.0/8'] } },
  { name: 'key-auth', plugin: keyAuth, options: { consumers }, headers: { 'x-api-key': KEY } },
  { name: 'jwt, token known', plugin: jwt, config: { publicKey }, headers: bearer },
  { name: 'jwt, verified each time', plugin: jwt, config: { publicKey, cacheSize: 0 }, headers: bearer },
  {
    name: 'authorize by group',
    plugin: authorize,
    config: { groups: ['partners'] },
    options: {
      consumers,
      before: (request) => {
        request.gateway.consumer = { name: 'mobile-app', groups: ['partners'] }
      }
    }
  },
  { name: 'request-size', plugin: requestSize },
  { name: 'rate-limit, gcra in memory', plugin: rateLimit, config: { limit: 1_000_000_000, window: '1m' } },
  {
    name: 'headers, 2 set and 1 removed',
    plugin: headers,
    config: { request: { set: { 'x-a': '1' } }, response: { set: { 'x-b': '2' }, remove: ['server'] } }
  },
  { name: 'security-headers', plugin: securityHeaders }
]

interface Contestant {
  readonly name: string
  readonly bench: PluginBench
  readonly headers: Readonly<Record<string, string>>
  readonly rounds: number[]
}

async function prepare({ name, plugin, config = {}, options = {}, headers = {} }: Candidate): Promise<Contestant> {
  const bench = await testPlugin(plugin, config, { clock, ...options })
  const { statusCode, body } = await bench.inject({ headers })
  if (statusCode !== 200) throw new Error(`${name} does not let the request pass: ${statusCode} ${body}`)
  return { name, bench, headers, rounds: [] }
}

/** Of one request, by the clock: that of the processor counts in steps that are longer than a slice on some machines. */
async function microseconds({ bench, headers }: Contestant): Promise<number> {
  const from = performance.now()
  for (let i = 0; i < PER_SLICE; i++) await bench.inject({ headers })
  return ((performance.now() - from) * 1000) / PER_SLICE
}

function tell(name: string, rounds: readonly number[]): void {
  const sorted = rounds.slice(WARM_UP).toSorted((a, b) => a - b)
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1))
  console.log(`${name.padEnd(30)} ${median?.padStart(6)} µs   [${low} to ${high}]`)
}

const nothing = await prepare(hooks(0))
const contestants: Contestant[] = []
for (const candidate of CANDIDATES) contestants.push(await prepare(candidate))
for (let round = 0; round < ROUNDS; round++) {
  for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
    const before = await microseconds({ ...nothing, headers: contestant.headers })
    nothing.rounds.push(before)
    contestant.rounds.push((await microseconds(contestant)) - before)
  }
}
tell('the request itself', nothing.rounds)
for (const { name, rounds } of contestants) tell(name, rounds)
for (const { bench } of [nothing, ...contestants]) await bench.close()
