import { createHmac } from 'node:crypto'
import t from 'tap'
import hmacAuth from '../../plugins/hmac-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { START, ecSigner, ed25519Signer, hmacSigner, rsaSigners, signed, type Signer } from '../support/http-signature.ts'

const ALGORITHM = 'auth_failures_total{plugin="hmac-auth",reason="algorithm"}'
const SIGNATURE = 'auth_failures_total{plugin="hmac-auth",reason="signature"}'

t.test('a public key is never taken for a shared secret', async (t) => {
  for (const { entry } of [rsaSigners()[0], ecSigner('P-256'), ed25519Signer()]) {
    const bench = await testPlugin(hmacAuth, {}, { consumers: [{ name: 'shop', hmacKeys: [entry] }] })
    t.teardown(bench.close)
    const mallory: Signer = {
      algorithm: 'hmac-sha256',
      entry,
      sign: (base) =>
        createHmac('sha256', entry.publicKey ?? '')
          .update(base)
          .digest()
    }
    const named = signed(mallory, { parameters: `;created=${START};keyid="${entry.id}";alg="hmac-sha256"` })
    t.equal((await bench.inject(named)).statusCode, 401)
    t.equal((await bench.inject(signed(mallory))).statusCode, 401)
    t.equal(bench.counters.get(ALGORITHM), 1)
    t.equal(bench.counters.get(SIGNATURE), 1)
  }
})

t.test('a signature that names an algorithm of another kind of key is refused, however good it is', async (t) => {
  const signers = [hmacSigner(), ed25519Signer(), ecSigner('P-256'), ecSigner('P-384'), rsaSigners()[0]]
  const names = [...signers.map(({ algorithm }) => algorithm), 'rsa-v1_5-sha256', 'none', '']
  for (const signer of signers) {
    const bench = await testPlugin(hmacAuth, {}, { consumers: [{ name: 'shop', hmacKeys: [signer.entry] }] })
    t.teardown(bench.close)
    const others = names.filter((name) => name !== signer.algorithm && !(name.startsWith('rsa') && signer.algorithm.startsWith('rsa')))
    for (const name of others) {
      const request = signed(signer, { parameters: `;created=${START};keyid="${signer.entry.id}";alg="${name}"` })
      t.equal((await bench.inject(request)).statusCode, 401, `${name} with a key for ${signer.algorithm}`)
    }
    t.equal(bench.counters.get(ALGORITHM), others.length)
    const own = signed(signer, { parameters: `;created=${START};keyid="${signer.entry.id}";alg="${signer.algorithm}"` })
    t.equal((await bench.inject(own)).statusCode, 200)
  }
})

t.test('algorithms that are not configured are refused for every key', async (t) => {
  const [pss, v15] = rsaSigners()
  const hmac = hmacSigner()
  const config = { algorithms: ['rsa-v1_5-sha256', 'ed25519'] }
  const bench = await testPlugin(hmacAuth, config, { consumers: [{ name: 'shop', hmacKeys: [pss.entry, hmac.entry] }] })
  t.teardown(bench.close)
  t.equal((await bench.inject(signed(hmac))).statusCode, 401)
  t.equal((await bench.inject(signed(pss))).statusCode, 401)
  t.equal((await bench.inject(signed(v15))).statusCode, 200, 'the only one that is left for the key needs no name')
})
