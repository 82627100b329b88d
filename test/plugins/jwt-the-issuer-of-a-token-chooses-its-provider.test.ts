import t from 'tap'
import jwt from '../../plugins/jwt/index.ts'
import { checkPlugin } from '../../src/plugin-api/testing.ts'
import { FakeIssuer, compact, jwtBench, signingKey } from '../support/jwks.ts'
import { SECRET, START } from './tokens.ts'

const east = 'https://east.example'
const west = 'https://west.example'
const eastKey = signingKey('one')
const westKey = signingKey('one')
const providers = {
  east: { jwks: `${east}/keys`, issuer: east },
  west: { jwks: `${west}/keys`, issuer: [west, 'https://old-west.example'], audience: 'west-only' },
  local: { secret: SECRET, issuer: 'local' },
  nameless: { secret: SECRET },
  twin: { secret: SECRET, issuer: east }
}

async function bench(t: Parameters<typeof jwtBench>[0]) {
  const issuer = new FakeIssuer()
  issuer.pages.set(`${east}/keys`, { keys: [eastKey.jwk] })
  issuer.pages.set(`${west}/keys`, { keys: [westKey.jwk] })
  return { issuer, ...(await jwtBench(t, { provider: ['east', 'west', 'local'] }, { providers, http: issuer.request })) }
}

t.test('each token is judged by the keys and the rules of its own issuer', async (t) => {
  const { status } = await bench(t)
  const local = (claims: object) => compact({ alg: 'HS256' }, { sub: 'alice', exp: START + 600, ...claims }, SECRET)
  t.equal(await status(eastKey.sign({ iss: east })), 200)
  t.equal(await status(westKey.sign({ iss: west, aud: 'west-only' })), 200)
  t.equal(await status(westKey.sign({ iss: 'https://old-west.example', aud: 'west-only' })), 200)
  t.equal(await status(westKey.sign({ iss: west })), 401, 'the audience of west is asked for')
  t.equal(await status(local({ iss: 'local' })), 200)
})

t.test('a key of one issuer verifies no token of another, although both have the same kid', async (t) => {
  const { status, count } = await bench(t)
  t.equal(await status(eastKey.sign({ iss: west, aud: 'west-only' })), 401)
  t.equal(await status(westKey.sign({ iss: east })), 401)
  t.equal(await status(compact({ alg: 'HS256' }, { iss: east, exp: START + 600 }, SECRET)), 401)
  t.equal(await status(eastKey.sign({ iss: 'local' })), 401)
  t.equal(count('signature'), 2)
  t.equal(count('algorithm'), 2)
})

t.test('a token of none of the issuers is refused, and asks nobody', async (t) => {
  const { status, count, issuer } = await bench(t)
  const before = issuer.asked.length
  for (const iss of ['https://evil.example', `${east}/`, undefined, [east], null, 7])
    t.equal(await status(eastKey.sign({ iss }, { kid: 'unknown' })), 401)
  t.equal(count('issuer'), 6)
  t.equal(issuer.asked.length, before)
})

t.test('a remembered token is judged by the times of its own issuer', async (t) => {
  const { status, clock } = await jwtBench(
    t,
    { provider: ['strict', 'lax'] },
    { providers: { strict: { secret: SECRET, issuer: 'strict', leeway: '0s' }, lax: { secret: SECRET, issuer: 'lax', leeway: '1m' } } }
  )
  const of = (iss: string) => compact({ alg: 'HS256' }, { iss, exp: START + 10 }, SECRET)
  t.same([await status(of('strict')), await status(of('lax'))], [200, 200])
  clock.advance(30_000)
  t.same([await status(of('strict')), await status(of('lax'))], [401, 200])
})

t.test('providers that could not be told apart are errors', async (t) => {
  const problems = (config: object) => checkPlugin(jwt, config, { providers }).map(({ path, message }) => `${path.join('.')}: ${message}`)
  t.same(problems({ provider: ['east', 'west', 'local'] }), [])
  t.same(problems({ provider: ['nameless'] }), [])
  t.match(problems({ provider: ['east', 'nameless'] }), [/^provider\.1: one of several providers needs an issuer/])
  t.match(problems({ provider: ['east', 'twin'] }), [/^provider\.1: another of these providers has the issuer https:\/\/east\.example too/])
  t.match(problems({ provider: ['east', 'east'] }), [/^provider\.1: another of these/])
  t.match(problems({ provider: ['east', 'south'] }), ['provider.1: there is no provider south'])
  t.match(problems({ provider: ['east', 'west'], secret: SECRET }), [/^secret: secret cannot stand beside several providers/])
  t.match(problems({ provider: ['east', 'west'], issuer: east }), [/^issuer: issuer cannot stand beside/])
  t.match(problems({ provider: ['east', 'local'], algorithms: ['ES256'] }), [/^algorithms\.0: ES256 is impossible with this secret/])
  await t.rejects(jwtBench(t, { provider: ['east', 'twin'] }, { providers }), /another of these/)
})
