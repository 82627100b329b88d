import t from 'tap'
import { eventually } from '../support/client.ts'
import { openWriter } from '../support/zookeeper-writer.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { serviceInstance, watchOrders } from './zookeeper-kit.ts'

t.test('instances of ZooKeeper go with their sessions', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const [one, other] = [await openWriter(zookeeper.port), await openWriter(zookeeper.port)]
  t.teardown(() => one.close())
  await one.put('/services/orders/a', serviceInstance(8001), { ephemeral: true })
  await other.put('/services/orders/b', serviceInstance(8002), { ephemeral: true })
  const watched = watchOrders(t, zookeeper.address)
  await eventually(() => watched.origins?.length === 2)
  other.close()
  await eventually(() => watched.origins?.length === 1)
  t.strictSame(watched.origins, ['http://127.0.0.1:8001'])
  t.strictSame(watched.failures, [])
})
