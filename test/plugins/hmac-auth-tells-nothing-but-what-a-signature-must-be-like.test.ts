import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { START, hmacSigner, signed } from '../support/http-signature.ts'

const signer = hmacSigner()
const options = { consumers: [{ name: 'shop', hmacKeys: [signer.entry] }] }

t.test('a request without a signature is told what to sign', async (t) => {
  const bench = await testPlugin(hmacAuth, { required: ['@method', '@path'], tag: 'say "hi"' }, options)
  t.teardown(bench.close)
  const answer = await bench.inject('/')
  t.equal(answer.statusCode, 401)
  t.equal(answer.json().detail, 'A signature is required.')
  t.equal(answer.headers['www-authenticate'], 'Signature realm="sallyport"')
  t.equal(answer.headers['accept-signature'], 'sig=("@method" "@path");created;keyid;tag="say \\"hi\\""')
  const withBody = await bench.inject({ method: 'POST', payload: 'x' })
  t.equal(withBody.headers['accept-signature'], 'sig=("@method" "@path" "content-digest");created;keyid;tag="say \\"hi\\""')
  t.equal(bench.counters.get('auth_failures_total{plugin="hmac-auth",reason="missing"}'), 2)
})

t.test('bad signatures get the same answer, whatever is wrong', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, options)
  t.teardown(bench.close)
  const replay = signed(signer, { url: '/once' })
  await bench.inject(replay)
  const { headers } = signed(signer)
  const requests = [
    replay,
    { headers: { ...headers, signature: 'sig=:AAAA:' } },
    { headers: { ...headers, signature: 'garbage,' } },
    { headers: { ...headers, 'signature-input': (headers['signature-input'] ?? '').replace('shared', 'nobody') } },
    signed(signer, { parameters: `;created=${START - 4000};keyid="shared"` }),
    signed(signer, { covered: [] })
  ]
  const answers = new Set<string>()
  for (const request of requests) {
    const { statusCode, headers, body } = await bench.inject(request)
    answers.add(JSON.stringify([statusCode, headers['www-authenticate'], headers['accept-signature'], JSON.parse(body).detail]))
    t.notMatch(body, signer.entry.secret ?? '')
  }
  t.equal(answers.size, 1)
  t.notMatch(JSON.stringify(bench.logged), signer.entry.secret ?? '')
})
