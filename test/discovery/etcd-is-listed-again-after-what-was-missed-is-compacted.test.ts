import t from 'tap'
import { eventually } from '../support/client.ts'
import { etcdMissing, startEtcd } from '../support/etcd.ts'
import { interceptor } from '../support/etcd-interceptor.ts'
import { watchOrders } from './etcd-kit.ts'

t.test('etcd is listed again after what was missed is compacted', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t)
  await etcd.put('/orders/a', '127.0.0.1:8001')
  // Between the list and the watch more happens than the watch can be told of.
  const address = await interceptor(t, etcd.url, async (path, count) => {
    if (path !== '/v3/watch' || count > 1) return
    await etcd.put('/orders/b', '127.0.0.1:8002')
    await etcd.delete('/orders/a')
    const { header } = await etcd.put('/orders/c', '127.0.0.1:8003')
    await etcd.call('/v3/kv/compaction', { revision: (header as { revision: string }).revision })
  })
  const { watched } = watchOrders(t, address)
  await eventually(() => watched.answers.length === 2)
  t.strictSame(watched.origins, ['http://127.0.0.1:8002', 'http://127.0.0.1:8003'])
  t.strictSame(watched.failures, [], 'a compaction is no failure')
  await etcd.put('/orders/d', '127.0.0.1:8004')
  await eventually(() => watched.origins?.length === 3)
  t.ok(
    watched.answers.every(({ refilling }) => refilling !== true),
    'and no loss of memory'
  )
})
