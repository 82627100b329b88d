import t from 'tap'
import { ExpiringCache } from '../../src/plugin-api/index.ts'

t.test('beyond its size the cache gives up the oldest, and everything at its end', async (t) => {
  const cache = new ExpiringCache<number>(2)
  cache.set('a', 1, 100)
  cache.set('b', 2, 100)
  cache.set('a', 3, 100)
  cache.set('c', 4, 100)
  t.same([cache.get('a', 99), cache.get('b', 99), cache.get('c', 99)], [3, undefined, 4])
  t.equal(cache.get('a', 100), undefined)
  t.equal(cache.size, 1)
})
