import net from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { startRegistry } from '../../src/registry/server.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { send, sendRaw } from '../support/client.ts'
import { type Dice, dice } from '../support/random.ts'
import { type Backend, startOurs } from './both.ts'

const REGISTER = '/v1/agent/service/register'
const PATHS = [
  REGISTER,
  '/v1/agent/service/deregister/',
  '/v1/agent/service/maintenance/',
  '/v1/agent/check/pass/',
  '/v1/agent/check/update/',
  '/v1/agent/services',
  '/v1/agent/self',
  '/v1/catalog/services',
  '/v1/catalog/service/',
  '/v1/health/service/',
  '/v1/health/checks/',
  '/v1/health/state/',
  '/v1/nothing/',
  '//',
  ''
]
const RESTS = ['', 'web', 'web/1', '%2f', '%00', '%ff', '%zz', '%', '__proto__', 'constructor', '..', '%E2%82%AC', 'x'.repeat(3000)]
const QUERY_NAMES = [
  'index',
  'wait',
  'passing',
  'tag',
  'enable',
  'note',
  'reason',
  'stale',
  'consistent',
  'dc',
  'filter',
  'near',
  'token',
  '__proto__'
]
const QUERY_VALUES = ['', '1', '-1', '1ms', '99999999999999999999', 'true', 'NaN', '%', '%ff', '[]', 'web', '__proto__']
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND']
const FIELDS = [
  'Name',
  'ID',
  'Tags',
  'Address',
  'Port',
  'Meta',
  'Weights',
  'EnableTagOverride',
  'Check',
  'Checks',
  'TaggedAddresses',
  'Token',
  'Kind'
]
const CHECK_FIELDS = ['TTL', 'HTTP', 'TCP', 'Interval', 'Timeout', 'Status', 'CheckID', 'Header', 'Method', 'Body', 'DeregisterCriticalServiceAfter']
const TEXTS = [
  '',
  'web',
  'passing',
  '1s',
  '10ms',
  '-1h',
  '999999999h',
  'http://127.0.0.1:1/',
  'http://[',
  'GET',
  'a\nb',
  '\u0000',
  '127.0.0.1:1',
  '💥',
  '\ud800'
]

function oddValue(die: Dice, depth = 0): unknown {
  const kind = die.int(0, depth > 3 ? 4 : 8)
  if (kind <= 1) return die.pick(TEXTS)
  if (kind === 2) return die.pick([0, -1, 1.5, 1e300, 80, 65_536])
  if (kind === 3) return die.pick([null, true, false])
  if (kind <= 5) return Object.fromEntries(Array.from({ length: die.int(0, 4) }, () => [die.pick([...TEXTS, '__proto__']), oddValue(die, depth + 1)]))
  if (kind === 6) return Array.from({ length: die.int(0, 4) }, () => oddValue(die, depth + 1))
  return Object.fromEntries(Array.from({ length: die.int(1, 6) }, () => [die.pick(CHECK_FIELDS), oddValue(die, depth + 1)]))
}

function oddBody(die: Dice): string {
  const value = die.chance(0.7)
    ? { Name: 'web', ...Object.fromEntries(Array.from({ length: die.int(0, 5) }, () => [die.pick(FIELDS), oddValue(die)])) }
    : oddValue(die)
  const text = JSON.stringify(value)
  return die.chance(0.1) ? text.slice(0, die.int(0, text.length)) : text
}

async function stillWorks(t: Test, registry: Backend): Promise<void> {
  t.equal((await registry.put(REGISTER, { Name: 'sane', Check: { TTL: '1h', Status: 'passing' } })).status, 200)
  t.match((await registry.get('/v1/health/service/sane?passing')).json(), [{ Service: { Service: 'sane' } }])
  t.equal((await registry.get('/v1/agent/services')).status, 200)
}

t.test('requests made of odd parts', async (t) => {
  const registry = await startOurs(t)
  const die = dice()
  t.comment(`seed ${die.seed}`)
  const statuses = new Map<number, number>()
  for (let i = 0; i < 600; i++) {
    const query = Array.from({ length: die.int(0, 3) }, () => `${die.pick(QUERY_NAMES)}=${die.pick(QUERY_VALUES)}`)
    // Nobody has minutes to wait here.
    const path = `${die.pick(PATHS)}${die.pick(RESTS)}?${[...query, 'wait=1ms'].join('&')}`
    const method = die.chance(0.6) ? 'PUT' : die.pick(METHODS)
    const isRegistration = die.chance(0.4)
    const target = isRegistration ? REGISTER : path
    const { status } = await send(registry.url, {
      method: isRegistration ? 'PUT' : method,
      path: target.startsWith('/') ? target : '*',
      body: oddBody(die)
    })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (![200, 400, 404, 405, 500].includes(status)) t.fail(`${method} ${target} is answered ${status}`)
  }
  for (const status of [200, 400, 404, 405]) t.ok((statuses.get(status) ?? 0) > 10, `${String(statuses.get(status))} are answered ${status}`)
  await stillWorks(t, registry)
})

t.test('bytes that are no request', async (t) => {
  const registry = await startOurs(t)
  const port = Number(new URL(registry.url).port)
  const die = dice()
  t.comment(`seed ${die.seed}`)
  for (let i = 0; i < 40; i++) {
    const answer = await sendRaw(port, Buffer.concat([die.bytes(die.int(1, 200)), Buffer.from('\r\n\r\n')]))
    t.match(answer, /^HTTP\/1.1 400 |^$/)
  }
  await stillWorks(t, registry)
})

t.test('clients that leave in the middle', async (t) => {
  const registry = await startOurs(t)
  const port = Number(new URL(registry.url).port)
  const pieces = [
    'PUT /v1/agent/service/register HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"Name":',
    'PUT /v1/agent/service/register HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"Nam',
    'GET /v1/health/service/web?index=99&wait=10m HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /v1/agent/self HTTP/1.1\r\nHo'
  ]
  for (const piece of [...pieces, ...pieces]) {
    const socket = net.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    await new Promise((resolve) => socket.write(piece, resolve))
    socket.resetAndDestroy()
  }
  await stillWorks(t, registry)
})

t.test('a body that is too large is refused, and the next request on the connection is answered', async (t) => {
  const registry = await startOurs(t)
  const limit = 1024 * 1024
  const body = (bytes: number) => JSON.stringify({ Name: 'web', Tags: ['x'] }).padEnd(bytes)
  t.equal((await registry.put(REGISTER, body(limit))).status, 200)
  t.match(await registry.put(REGISTER, body(limit + 1)), { status: 413, text: /1048576 bytes/ })
  t.equal((await registry.put(REGISTER, body(5 * limit))).status, 413)
  const two = `PUT ${REGISTER} HTTP/1.1\r\nHost: x\r\nContent-Length: ${limit + 1}\r\n\r\n${body(limit + 1)}`
  const next = 'GET /v1/status/leader HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  t.match(await sendRaw(Number(new URL(registry.url).port), two + next), /^HTTP\/1.1 413 [^]*HTTP\/1.1 200 OK[^]*8300"/)
})

t.test('hundreds of queries that wait for the same', async (t) => {
  const registry = await startOurs(t)
  const waiting = Array.from({ length: 300 }, async () => registry.get('/v1/health/service/web?index=1&wait=10m'))
  await registry.put(REGISTER, { Name: 'web' })
  const answers = await Promise.all(waiting)
  t.ok(answers.every(({ text }) => text.includes('"web"')))
  await stillWorks(t, registry)
})

t.test('it can be closed while queries wait, checks run and bodies are on their way', async (t) => {
  const { url, close } = await startRegistry({ host: '127.0.0.1', port: 0, clock: systemClock, random: createSystemRandom() })
  const hanging = net.createServer().listen(0, '127.0.0.1')
  t.teardown(() => hanging.close())
  await once(hanging, 'listening')
  const asked = once(hanging, 'connection') as Promise<[net.Socket]>
  const check = { HTTP: `http://127.0.0.1:${(hanging.address() as net.AddressInfo).port}/`, Interval: '1s', Timeout: '1h' }
  await send(url + REGISTER, { method: 'PUT', body: JSON.stringify({ Name: 'web', Check: check }) })
  const waiting = Array.from({ length: 20 }, async () => send(`${url}/v1/health/service/web?index=99&wait=10m`).catch(() => null))
  const sender = net.connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  sender.write(`PUT ${REGISTER} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`)
  const [socket] = await asked
  const ended = once(socket.resume(), 'close')
  // Not `once`, which an error ends: on a busy machine it may be connecting still.
  const sent = new Promise((resolve) => sender.resume().once('close', resolve))
  await close()
  await Promise.all([...waiting, sent])
  await ended
  await t.rejects(send(`${url}/v1/agent/self`), { code: 'ECONNREFUSED' })
})
