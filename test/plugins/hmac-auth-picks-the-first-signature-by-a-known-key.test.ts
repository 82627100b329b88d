import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { START, ed25519Signer, hmacSigner, signed, type Signer, type Signing } from '../support/http-signature.ts'

const shop = hmacSigner('shop')
const bank = ed25519Signer('bank')
const stranger = ed25519Signer('stranger')
const options = {
  consumers: [
    { name: 'shop', hmacKeys: [shop.entry] },
    { name: 'bank', hmacKeys: [bank.entry] }
  ]
}

/** One request with several signatures, in this order. */
function signedBy(...signatures: readonly (readonly [signer: Signer, signing: Signing])[]) {
  const requests = signatures.map(([signer, signing], index) => signed(signer, { label: `s${index}`, ...signing }))
  const joined = (name: string) => requests.map(({ headers }) => headers[name]).join(', ')
  return { url: '/', headers: { host: 'shop.example', 'signature-input': joined('signature-input'), signature: joined('signature') } }
}

t.test('signatures by unknown keys and for others are passed over', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const tagged = { parameters: `;created=${START};keyid="shop";tag="for-others"` }
  const anonymous = { parameters: `;created=${START}` }
  const answer = await bench.inject(signedBy([stranger, {}], [shop, anonymous], [shop, tagged], [bank, {}], [shop, {}]))
  t.equal(answer.statusCode, 200)
  t.equal(answer.json().gateway.consumer.name, 'bank')
})

t.test('a bad signature by a known key is not passed over', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const answer = await bench.inject(signedBy([shop, { parameters: `;created=${START - 1000};keyid="shop"` }], [bank, {}]))
  t.equal(answer.statusCode, 401)
  t.equal(bench.counters.get('auth_failures_total{plugin="hmac-auth",reason="expired"}'), 1)
})

t.test('without a known key nobody gets in', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  t.equal((await bench.inject(signedBy([stranger, {}]))).statusCode, 401)
  t.equal(bench.counters.get('auth_failures_total{plugin="hmac-auth",reason="unknown_key"}'), 1)
})

t.test("one label's signature is not looked for under another", async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const request = signedBy([shop, {}], [bank, {}])
  const [first, second] = request.headers.signature.split(', ') as [string, string]
  const swapped = `${first.replace('s0', 's1')}, ${second.replace('s1', 's0')}`
  t.equal((await bench.inject({ ...request, headers: { ...request.headers, signature: swapped } })).statusCode, 401)
})
