import t from 'tap'
import { eventually } from '../support/client.ts'
import { write } from '../support/zookeeper-writer.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { serviceInstance, watchOrders } from './zookeeper-kit.ts'

t.test('a node of ZooKeeper that is too large is skipped', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t, ['-Djute.maxbuffer=4194304'])
  await write(zookeeper.port, async (writer) => {
    await writer.put('/services/orders/a', serviceInstance(8001))
    await writer.put('/services/orders/large', serviceInstance(8002, { payload: 'x'.repeat(1024 * 1024) }))
  })
  const watched = watchOrders(t, zookeeper.address)
  await eventually(() => watched.answers.length === 1)
  t.strictSame(watched.origins, ['http://127.0.0.1:8001'])
  t.match(watched.last?.skipped, [{ entry: 'large', reason: /^its node has 10\d{5} bytes$/ }])
  // It is watched nevertheless.
  await write(zookeeper.port, (writer) => writer.put('/services/orders/large', serviceInstance(8002)))
  await eventually(() => watched.origins?.length === 2)
  t.strictSame(watched.last?.skipped, [])
})

t.test('a node of ZooKeeper that must not be read is skipped', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  await write(zookeeper.port, async (writer) => {
    await writer.put('/services/orders/a', serviceInstance(8001))
    await writer.put('/services/orders/secret', serviceInstance(8002), { readable: false })
  })
  const watched = watchOrders(t, zookeeper.address)
  await eventually(() => watched.answers.length === 1)
  t.strictSame(watched.origins, ['http://127.0.0.1:8001'])
  t.match(watched.last?.skipped, [{ entry: 'secret', reason: /ACL/ }])
  t.strictSame(watched.failures, [])
})
