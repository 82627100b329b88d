import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { recordingRefusals, withAuthentication } from '../support/authentication.ts'
import { hmacSigner, signed } from '../support/http-signature.ts'

const signer = hmacSigner()
const options = { consumers: [{ name: 'shop', hmacKeys: [signer.entry] }] }

t.test('only a request without a signature has none; a bad one is not nothing', async (t) => {
  const { refusals, port } = recordingRefusals()
  const bench = await testPlugin(withAuthentication(hmacAuth, port), {}, options)
  t.teardown(bench.close)
  for (const request of ['/', signed(signer, { covered: [] })]) {
    const answer = await bench.inject(request)
    t.equal(answer.statusCode, 200)
    t.equal(answer.json().gateway.consumer, null)
  }
  t.same(refusals, ['missing SP_UNAUTHENTICATED Signature realm="sallyport"', 'invalid SP_UNAUTHENTICATED Signature realm="sallyport"'])
})

t.test('nothing is verified where another plugin has decided', async (t) => {
  const bench = await testPlugin(withAuthentication(hmacAuth, { isDecided: () => true }), {}, options)
  t.teardown(bench.close)
  const answer = await bench.inject(signed(signer))
  t.equal(answer.statusCode, 200)
  t.equal(answer.json().gateway.consumer, null)
})
