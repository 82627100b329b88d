import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { DEFAULT_COVERED, START, ed25519Signer, hmacSigner, signed } from '../support/http-signature.ts'

const signer = hmacSigner()
const options = { consumers: [{ name: 'shop', hmacKeys: [signer.entry] }] }
const covered = [...DEFAULT_COVERED, 'x-amount']
const good = () => signed(signer, { url: '/pay?to=1', headers: { 'x-amount': '5' }, covered })

t.test('a change of anything that is covered, or of the parameters, ends it', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const { headers } = good()
  const { 'x-amount': _amount, ...withoutAmount } = headers
  const input = headers['signature-input'] ?? ''
  const changes = {
    method: { method: 'PUT' as const },
    path: { url: '/pay/?to=1' },
    query: { url: '/pay?to=2' },
    field: { headers: { ...headers, 'x-amount': '6' } },
    'no field': { headers: withoutAmount },
    host: { headers: { ...headers, host: 'other.example' } },
    created: { headers: { ...headers, 'signature-input': input.replace(String(START), String(START + 1)) } },
    'an added parameter': { headers: { ...headers, 'signature-input': `${input};expires=${START + 60}` } },
    'order of components': { headers: { ...headers, 'signature-input': input.replace('"@method" "@authority"', '"@authority" "@method"') } },
    'fewer components': { headers: { ...headers, 'signature-input': input.replace(' "x-amount"', '') } },
    signature: { headers: { ...headers, signature: `sig=:${Buffer.alloc(32, 7).toString('base64')}:` } },
    'shorter signature': { headers: { ...headers, signature: `sig=:${Buffer.alloc(31, 7).toString('base64')}:` } },
    'empty signature': { headers: { ...headers, signature: 'sig=::' } }
  }
  for (const [name, change] of Object.entries(changes)) t.equal((await bench.inject({ ...good(), ...change })).statusCode, 401, name)
  t.equal(
    bench.counters.get('auth_failures_total{plugin="hmac-auth",reason="signature"}'),
    Object.keys(changes).length - 1,
    'but for the field that is not there'
  )
  t.equal((await bench.inject(good())).statusCode, 200, 'and as it was, it is good')
})

t.test("another key's signature under the id of this one is refused", async (t) => {
  for (const [known, foreign] of [
    [hmacSigner('k'), hmacSigner('k')],
    [ed25519Signer('k'), ed25519Signer('k')]
  ] as const) {
    const bench = await testPlugin(hmacAuth, {}, { consumers: [{ name: 'shop', hmacKeys: [known.entry] }] })
    t.teardown(bench.close)
    t.equal((await bench.inject(signed(foreign))).statusCode, 401)
    t.equal((await bench.inject(signed(known))).statusCode, 200)
  }
})

t.test('fields that are not what they should be are malformed', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const { headers } = good()
  const input = headers['signature-input'] ?? ''
  const signature = headers['signature'] ?? ''
  const fields: [input: string | undefined, signature: string | undefined][] = [
    [input, undefined],
    [undefined, signature],
    [input, signature.replace('sig=', 'other=')],
    [input, 'sig="text"'],
    [input, 'sig=(:AA==:)'],
    [input, `${signature}, sig=:AA==:`],
    [`${input}, ${input}`, signature],
    [`${input},`, signature],
    ['sig=1', signature],
    ['sig', signature],
    [input.replace('"shared"', 'shared'), signature],
    [`${input};nonce=1`, signature],
    [`${input};tag=x`, signature],
    [`${input};alg=ed25519`, signature]
  ]
  for (const [changedInput, changedSignature] of fields) {
    const changed: Record<string, string> = { ...headers }
    delete changed['signature-input']
    delete changed['signature']
    if (changedInput !== undefined) changed['signature-input'] = changedInput
    if (changedSignature !== undefined) changed['signature'] = changedSignature
    t.equal((await bench.inject({ ...good(), headers: changed })).statusCode, 401, `${changedInput} / ${changedSignature}`)
  }
  t.equal(bench.counters.get('auth_failures_total{plugin="hmac-auth",reason="malformed"}'), fields.length)
})
