import t from 'tap'
import { eventually } from '../support/client.ts'
import { write } from '../support/zookeeper-writer.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { serviceInstance, watchOrders } from './zookeeper-kit.ts'

t.test('a ZooKeeper that lost its data is told as refilling', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  for (const port of [8001, 8002]) await write(zookeeper.port, (writer) => writer.put(`/services/orders/${port}`, serviceInstance(port)))
  const watched = watchOrders(t, zookeeper.address, { sessionTimeoutMs: 1000 })
  await eventually(() => watched.origins?.length === 2)
  const before = watched.answers.length
  // It knows of fewer transactions now than its client, whom it turns away without a word.
  await zookeeper.restart({ empty: true })
  await eventually(() => watched.answers.length > before, 15_000)
  t.match(watched.answers[before], { refilling: true, instances: [] })
})
