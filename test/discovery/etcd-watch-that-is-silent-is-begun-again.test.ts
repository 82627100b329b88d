import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { etcdMissing, startEtcd } from '../support/etcd.ts'
import { watchOrders } from './etcd-kit.ts'

t.test('a watch of etcd that is silent is begun again', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t)
  const clock = new FakeClock()
  const { watched } = watchOrders(t, etcd.url, {}, clock)
  await eventually(() => watched.answers.length === 1)
  await etcd.put('/orders/a', '127.0.0.1:8001')
  await eventually(() => watched.answers.length === 2)
  clock.advance(59_999)
  await etcd.put('/orders/b', '127.0.0.1:8002')
  await eventually(() => watched.answers.length === 3)
  clock.advance(59_999)
  await etcd.put('/elsewhere/c', '127.0.0.1:8003')
  t.equal(watched.answers.length, 3)
  clock.advance(1)
  await eventually(() => watched.answers.length === 4)
  t.strictSame(watched.origins, ['http://127.0.0.1:8001', 'http://127.0.0.1:8002'])
  await etcd.put('/orders/d', '127.0.0.1:8004')
  await eventually(() => watched.origins?.length === 3)
  t.strictSame(watched.failures, [], 'silence is no failure as long as the list is answered')
})
