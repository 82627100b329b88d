import t from 'tap'
import { eventually } from '../support/client.ts'
import { write } from '../support/zookeeper-writer.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { serviceInstance, watchOrders } from './zookeeper-kit.ts'

t.test('a ZooKeeper that says nothing is a failure', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  await write(zookeeper.port, (writer) => writer.put('/services/orders/a', serviceInstance(8001)))
  const watched = watchOrders(t, zookeeper.address, { sessionTimeoutMs: 1200 })
  await eventually(() => watched.answers.length === 1)
  zookeeper.pause()
  await eventually(() => watched.failures.length > 1)
  t.match(watched.failures[0]?.message, /^127\.0\.0\.1:\d+: silent for 800 ms$/)
  t.match(watched.failures[1]?.message, /silent/, 'nor does it take another connection')
  t.equal(watched.answers.length, 1)
  zookeeper.resume()
  await eventually(() => watched.answers.length > 1, 15_000)
  t.strictSame(watched.origins, ['http://127.0.0.1:8001'])
})
