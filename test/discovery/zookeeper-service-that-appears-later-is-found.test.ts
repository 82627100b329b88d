import t from 'tap'
import { eventually } from '../support/client.ts'
import { write } from '../support/zookeeper-writer.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { serviceInstance, watchOrders } from './zookeeper-kit.ts'

t.test('a service that appears in ZooKeeper later is found', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const watched = watchOrders(t, zookeeper.address)
  await eventually(() => watched.answers.length === 1)
  t.strictSame(watched.origins, [], 'not even the base path is there')
  for (const port of [8001, 8002]) {
    await write(zookeeper.port, (writer) => writer.put('/services/orders/a', serviceInstance(port)))
    await eventually(() => watched.origins?.[0] === `http://127.0.0.1:${port}`)
    await write(zookeeper.port, async (writer) => {
      await writer.delete('/services/orders/a')
      await writer.delete('/services/orders')
    })
    await eventually(() => watched.origins?.length === 0)
  }
  t.strictSame(watched.failures, [])
})
