import t from 'tap'
import { eventually } from '../support/client.ts'
import { etcdMissing, startEtcd } from '../support/etcd.ts'
import { watchOrders } from './etcd-kit.ts'

t.test('etcd takes an instance away when its lease runs out', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t)
  const { ID: lease } = await etcd.call('/v3/lease/grant', { TTL: 1 })
  await etcd.put('/orders/a', '127.0.0.1:8001')
  await etcd.put('/orders/b', '127.0.0.1:8002', lease as string)
  const { watched } = watchOrders(t, etcd.url)
  await eventually(() => watched.origins?.length === 2)
  await eventually(() => watched.origins?.length === 1, 30_000)
  t.strictSame(watched.origins, ['http://127.0.0.1:8001'])
  t.strictSame(watched.failures, [])
})
