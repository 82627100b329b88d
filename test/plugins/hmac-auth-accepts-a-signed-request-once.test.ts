import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { ReplayMemory } from '../../plugins/hmac-auth/replay-memory.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { START, ecSigner, hmacSigner, signed } from '../support/http-signature.ts'

const signer = hmacSigner()
const other = hmacSigner('other')
const options = { consumers: [{ name: 'shop', hmacKeys: [signer.entry, other.entry] }] }
const REPLAYED = 'auth_failures_total{plugin="hmac-auth",reason="replayed"}'

t.test('a copy of a request is refused, also by another route and after a reload', async (t) => {
  const state = new Map<string, unknown>()
  const bench = await testPlugin(hmacAuth, {}, { ...options, state })
  const reloaded = await testPlugin(hmacAuth, {}, { ...options, state, route: { name: 'another' } })
  t.teardown(bench.close)
  t.teardown(reloaded.close)
  const request = signed(signer)
  t.equal((await bench.inject(request)).statusCode, 200)
  t.equal((await bench.inject(request)).statusCode, 401)
  t.equal((await reloaded.inject(request)).statusCode, 401)
  t.equal(bench.counters.get(REPLAYED), 1)
  t.equal(reloaded.counters.get(REPLAYED), 1)
})

t.test('a nonce is good once for each key, whatever else is signed', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const withNonce = (id: string, nonce: string) => ({ parameters: `;created=${START};keyid="${id}";nonce="${nonce}"` })
  t.equal((await bench.inject(signed(signer, { url: '/a', ...withNonce('shared', 'n1') }))).statusCode, 200)
  t.equal((await bench.inject(signed(signer, { url: '/b', ...withNonce('shared', 'n1') }))).statusCode, 401)
  t.equal((await bench.inject(signed(signer, { url: '/a', ...withNonce('shared', 'n2') }))).statusCode, 200)
  t.equal((await bench.inject(signed(other, { url: '/a', ...withNonce('other', 'n1') }))).statusCode, 200)
})

t.test('a request that was refused takes no nonce', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const request = signed(signer, { parameters: `;created=${START};keyid="shared";nonce="n"` })
  const signature = `sig=:${Buffer.alloc(32).toString('base64')}:`
  t.equal((await bench.inject({ ...request, headers: { ...request.headers, signature } })).statusCode, 401)
  t.equal((await bench.inject(request)).statusCode, 200)
})

t.test('the other form of an ECDSA signature is a copy', async (t) => {
  const ec = ecSigner('P-256')
  const bench = await testPlugin(hmacAuth, {}, { consumers: [{ name: 'shop', hmacKeys: [ec.entry] }] })
  t.teardown(bench.close)
  const request = signed(ec)
  const bytes = Buffer.from(request.headers['signature']?.split(':')[1] ?? '', 'base64')
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const s = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0')
  const twin = `sig=:${Buffer.concat([bytes.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64')}:`
  t.equal((await bench.inject(request)).statusCode, 200)
  t.equal((await bench.inject({ ...request, headers: { ...request.headers, signature: twin } })).statusCode, 401)
  t.equal(bench.counters.get(REPLAYED), 1)
})

t.test('a copy is known for as long as it is good', async (t) => {
  const bench = await testPlugin(hmacAuth, { maxAge: '1m', clockSkew: '10s' }, options)
  t.teardown(bench.close)
  // Signed by a clock that is ahead: good for the longest time there is, from now on.
  const early = signed(signer, { parameters: `;created=${START + 10};keyid="shared"` })
  t.equal((await bench.inject(early)).statusCode, 200)
  for (let second = 1; second < 80; second++) {
    bench.clock.advance(1000)
    await bench.inject(signed(signer, { url: '/other', parameters: `;created=${START + second};keyid="shared"` }))
    t.equal((await bench.inject(early)).statusCode, 401)
  }
  t.equal(bench.counters.get(REPLAYED), 79)
  bench.clock.advance(1000)
  t.equal((await bench.inject(early)).statusCode, 401)
  t.equal(bench.counters.get('auth_failures_total{plugin="hmac-auth",reason="expired"}'), 1, 'then it has expired')
})

t.test('what cannot be remembered is refused, and only for the key that sends so much', async (t) => {
  const bench = await testPlugin(hmacAuth, { maxRemembered: 2 }, options)
  t.teardown(bench.close)
  t.equal((await bench.inject(signed(signer, { url: '/1' }))).statusCode, 200)
  t.equal((await bench.inject(signed(signer, { url: '/2' }))).statusCode, 200)
  const refused = await bench.inject(signed(signer, { url: '/3' }))
  t.equal(refused.statusCode, 429)
  t.equal(refused.json().code, 'SP_RATE_LIMITED')
  t.equal(refused.headers['retry-after'], '300')
  t.equal((await bench.inject(signed(other, { url: '/3' }))).statusCode, 200)
  bench.clock.advance(6 * 60_000)
  const later = { url: '/4', parameters: `;created=${START + 360};keyid="shared"` }
  t.equal((await bench.inject(signed(signer, later))).statusCode, 200)
})

t.test('with nothing to remember, copies pass', async (t) => {
  const bench = await testPlugin(hmacAuth, { maxRemembered: 0 }, options)
  t.teardown(bench.close)
  const request = signed(signer)
  t.equal((await bench.inject(request)).statusCode, 200)
  t.equal((await bench.inject(request)).statusCode, 200)
})

t.test('whenever it came, a request is remembered for one window', async (t) => {
  for (let came = 0; came <= 1000; came += 50) {
    const memory = new ReplayMemory(1000, 10)
    memory.remember('other', 'first', 0)
    t.equal(memory.remember('key', 'entry', came), 'new')
    for (let later = came; later < came + 1000; later += 50) t.equal(memory.remember('key', 'entry', later), 'seen', `${later - came} ms later`)
  }
})

t.test('the memory holds no more than two windows', async (t) => {
  const memory = new ReplayMemory(1000, 10)
  for (let now = 0; now < 10_000; now += 100) {
    memory.remember(`key ${now % 300}`, `entry ${now}`, now)
    t.ok(memory.size <= 20)
  }
  memory.remember('key', 'entry', 50_000)
  t.equal(memory.size, 1, 'and after two quiet ones nothing')
})
