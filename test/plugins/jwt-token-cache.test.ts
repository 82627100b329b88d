import t from 'tap'
import { TokenCache } from '../../plugins/jwt/token-cache.ts'
import { describeToken, type VerifiedToken } from '../../plugins/jwt/verified-token.ts'

const verified = describeToken({ sub: 'alice' }) as VerifiedToken

t.test('never holds more than its size', async (t) => {
  const cache = new TokenCache(10)
  for (let i = 0; i < 1000; i++) cache.set(`token ${i}`, verified)
  t.ok(cache.size <= 10)
})

t.test('keeps what is asked for, while others come and go', async (t) => {
  const cache = new TokenCache(10)
  cache.set('kept', verified)
  for (let i = 0; i < 1000; i++) {
    cache.set(`token ${i}`, verified)
    t.equal(cache.get('kept'), verified)
  }
})

t.test('of size 0 holds nothing', async (t) => {
  const cache = new TokenCache(0)
  cache.set('token', verified)
  t.equal(cache.get('token'), undefined)
})

t.test('forgets what is deleted', async (t) => {
  const cache = new TokenCache(2)
  cache.set('a', verified)
  cache.set('b', verified)
  cache.delete('a')
  cache.delete('b')
  t.equal(cache.get('a'), undefined)
  t.equal(cache.size, 0)
})
