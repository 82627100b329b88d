import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { START, ecSigner, ed25519Signer, hmacSigner, rsaSigners, signed } from '../support/http-signature.ts'

const [pss, v15] = rsaSigners()
const signers = [hmacSigner(), ed25519Signer(), ecSigner('P-256'), ecSigner('P-384'), pss]

for (const signer of signers) {
  t.test(`a signature by ${signer.algorithm} lets the consumer of its key in`, async (t) => {
    const bench = await testPlugin(hmacAuth, {}, { consumers: [{ name: 'shop', groups: ['partners'], hmacKeys: [signer.entry] }] })
    t.teardown(bench.close)
    const answer = await bench.inject(signed(signer, { method: 'DELETE', url: '/orders/7?really=yes' }))
    t.equal(answer.statusCode, 200)
    t.same(answer.json().gateway, { id: answer.json().gateway.id, consumer: { name: 'shop', groups: ['partners'] }, claims: null })

    const forged = signed(signer, { method: 'DELETE', url: '/orders/8' })
    t.equal((await bench.inject({ ...forged, url: '/orders/9' })).statusCode, 401, 'and for no other target')
  })
}

t.test('an RSA key verifies PKCS#1 v1.5 signatures that say so, and PSS otherwise', async (t) => {
  const bench = await testPlugin(hmacAuth, {}, { consumers: [{ name: 'shop', hmacKeys: [pss.entry] }] })
  t.teardown(bench.close)
  const named = (name: string) => ({ parameters: `;created=${START};keyid="rsa";alg="${name}"` })
  t.equal((await bench.inject(signed(v15, named('rsa-v1_5-sha256')))).statusCode, 200)
  t.equal((await bench.inject(signed(pss, named('rsa-pss-sha512')))).statusCode, 200)
  t.equal((await bench.inject(signed(v15, { url: '/a' }))).statusCode, 401)
  t.equal((await bench.inject(signed(v15, { url: '/b', ...named('rsa-pss-sha512') }))).statusCode, 401)
})
