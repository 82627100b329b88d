import t from 'tap'
import { FakeIssuer, jwksBench, settled, signingKey } from '../support/jwks.ts'

t.test('a thousand requests that come before the first keys make one fetch and are all answered by it', async (t) => {
  const key = signingKey('a')
  const issuer = new FakeIssuer(key)
  issuer.hold()
  const { status } = await jwksBench(t, issuer)
  const requests = Array.from({ length: 1000 }, (_, index) => status(key.sign({ sub: `user-${index}` })))
  await settled()
  t.equal(issuer.asked.length, 1)
  issuer.release()
  t.same(new Set(await Promise.all(requests)), new Set([200]))
  t.equal(issuer.asked.length, 1)
})
