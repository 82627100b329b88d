import t from 'tap'
import { eventually } from '../support/client.ts'
import { etcdMissing, startEtcd } from '../support/etcd.ts'
import { watchOrders } from './etcd-kit.ts'

t.test('an etcd that lost its data is told as refilling', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t)
  for (const port of [8001, 8002, 8003]) await etcd.put(`/orders/${port}`, `127.0.0.1:${port}`)
  const { watched } = watchOrders(t, etcd.url)
  await eventually(() => watched.origins?.length === 3)
  await etcd.kill()
  await eventually(() => watched.failures.length > 0)
  const before = watched.answers.length
  await etcd.restart()
  await eventually(() => watched.answers.length > before, 15_000)
  t.notMatch(watched.last, { refilling: true }, 'not after a restart with its data')

  await etcd.restart({ empty: true })
  await eventually(() => watched.origins?.length === 0, 15_000)
  t.match(watched.last, { refilling: true })
  await etcd.put('/orders/8001', '127.0.0.1:8001')
  await eventually(() => watched.origins?.length === 1)
  t.notMatch(watched.last, { refilling: true }, 'only the first answer')
})

t.test('what a watch told counts, not only what was listed', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t)
  const { watched } = watchOrders(t, etcd.url)
  await eventually(() => watched.answers.length === 1)
  for (const port of [8001, 8002, 8003]) await etcd.put(`/orders/${port}`, `127.0.0.1:${port}`)
  await eventually(() => watched.origins?.length === 3)
  await etcd.kill()
  await eventually(() => watched.failures.length > 0)
  await etcd.restart({ empty: true })
  await eventually(() => watched.origins?.length === 0, 15_000)
  t.match(watched.last, { refilling: true })
})
