import t from 'tap'
import { eventually } from '../support/client.ts'
import { cuttableProxy } from '../support/zookeeper-proxy.ts'
import { write } from '../support/zookeeper-writer.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { serviceInstance, watchOrders } from './zookeeper-kit.ts'

/** More than are asked for at a time. */
const COUNT = 150

t.test('changes of ZooKeeper in quick succession are not missed', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const watched = watchOrders(t, zookeeper.address)
  const ports = Array.from({ length: COUNT }, (_, index) => 8000 + index)
  await write(zookeeper.port, async (writer) => {
    const put = (weight: number) => (port: number) => writer.put(`/services/orders/${port}`, serviceInstance(port, { payload: { weight } }))
    for (const weight of [1, 2, 3, 4, 5]) await Promise.all(ports.map(put(weight)))
    await Promise.all(ports.filter((port) => port % 2 === 1).map((port) => writer.delete(`/services/orders/${port}`)))
  })
  const expected = ports.filter((port) => port % 2 === 0)
  await eventually(() => watched.last?.instances.length === expected.length && watched.last.instances.every(({ weight }) => weight === 5))
  t.strictSame(
    watched.origins,
    expected.map((port) => `http://127.0.0.1:${port}`)
  )
  t.strictSame(watched.last?.skipped, [])
  t.strictSame(watched.failures, [])

  const late = watchOrders(t, zookeeper.address)
  await eventually(() => late.answers.length === 1)
  t.strictSame(late.origins, watched.origins, 'all at once for whoever comes later')
})

t.test('a change that is told together with the answer before it is not missed', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const proxy = await cuttableProxy(t, zookeeper.port)
  const put = (weight: number) => write(zookeeper.port, (writer) => writer.put('/services/orders/a', serviceInstance(8001, { payload: { weight } })))
  await put(1)
  const watched = watchOrders(t, proxy.address, { sessionTimeoutMs: 60_000 })
  await eventually(() => watched.answers.length === 1)
  proxy.hold()
  await put(2)
  await eventually(() => proxy.held > 0)
  // The client asks what the weight is now; its answer waits until another change is known.
  proxy.release({ holdOn: true })
  await eventually(() => proxy.held > 0)
  const answer = proxy.held
  await put(3)
  await eventually(() => proxy.held > answer)
  proxy.release()
  await eventually(() => watched.last?.instances[0]?.weight === 3)
  t.strictSame(watched.failures, [])
})
