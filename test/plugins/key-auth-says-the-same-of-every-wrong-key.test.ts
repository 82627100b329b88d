import t from 'tap'
import keyAuth from '../../plugins/key-auth/index.ts'
import { benchAuth, failures, freshSecret } from '../support/bench-auth.ts'

t.test('every wrong key is refused in the same words, and none at all in others', async (t) => {
  const key = freshSecret()
  const bench = await benchAuth(t, keyAuth, { query: 'key' }, { consumers: [{ name: 'shop', apiKeys: [key] }] })
  const wrong = [
    { headers: { 'x-api-key': key.slice(0, -1) } },
    { headers: { 'x-api-key': '' } },
    { headers: { 'x-api-key': [key, key] } },
    { url: `/?key=${key}x` },
    { url: '/?key=' },
    { url: `/?key=${key}&key=${key}` },
    { url: `/?key=${key}`, headers: { 'x-api-key': freshSecret() } }
  ]
  for (const request of wrong) {
    const answer = await bench.inject(request)
    t.equal(answer.statusCode, 401)
    t.match(answer.json(), { code: 'SP_UNAUTHENTICATED', detail: 'The API key is not valid.' })
    t.equal(answer.headers['www-authenticate'], 'ApiKey realm="sallyport"')
  }
  const nothing = await bench.inject('/?kex=1&%6Bex=2')
  t.match(nothing.json(), { code: 'SP_UNAUTHENTICATED', detail: 'An API key is required.' })
  t.equal(nothing.headers['www-authenticate'], 'ApiKey realm="sallyport"')
  const counted = ['unknown', 'malformed', 'repeated', 'missing'].map((reason) => failures(bench, 'key-auth', reason))
  t.strictSame(counted, [3, 2, 2, 1])
})
