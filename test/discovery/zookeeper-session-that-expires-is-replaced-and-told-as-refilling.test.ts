import t from 'tap'
import { eventually } from '../support/client.ts'
import { cuttableProxy } from '../support/zookeeper-proxy.ts'
import { write } from '../support/zookeeper-writer.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { serviceInstance, watchOrders } from './zookeeper-kit.ts'

t.test('a ZooKeeper session that expires is replaced, and told as refilling', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const proxy = await cuttableProxy(t, zookeeper.port)
  await write(zookeeper.port, (writer) => writer.put('/services/orders/a', serviceInstance(8001)))
  const watched = watchOrders(t, proxy.address, { sessionTimeoutMs: 1500 })
  await eventually(() => watched.origins?.length === 1)
  // That of the writer is gone.
  await eventually(async () => (await zookeeper.sessions()).length === 1)
  await proxy.cut()
  await eventually(async () => (await zookeeper.sessions()).length === 0)
  const before = watched.answers.length
  t.equal(before, 1)
  await proxy.mend()
  await eventually(() => watched.answers.length > before)
  t.match(watched.answers[before], { refilling: true, instances: [{ origin: 'http://127.0.0.1:8001' }] })
  await write(zookeeper.port, (writer) => writer.put('/services/orders/b', serviceInstance(8002)))
  await eventually(() => watched.origins?.length === 2)
  t.notMatch(watched.last, { refilling: true }, 'only the first answer')
})

t.test('a connection that is lost for a moment keeps the session', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const proxy = await cuttableProxy(t, zookeeper.port)
  const watched = watchOrders(t, proxy.address, { sessionTimeoutMs: 30_000 })
  await eventually(() => watched.answers.length === 1)
  const sessions = await zookeeper.sessions()
  t.equal(sessions.length, 1)
  await proxy.cut()
  await eventually(() => watched.failures.length > 0)
  // What happens while nobody looks is found afterwards.
  await write(zookeeper.port, (writer) => writer.put('/services/orders/a', serviceInstance(8001)))
  await proxy.mend()
  await eventually(() => watched.origins?.length === 1)
  t.ok(
    watched.answers.every(({ refilling }) => refilling !== true),
    'which is not refilling'
  )
  t.ok((await zookeeper.sessions()).includes(sessions[0] as string))
})
