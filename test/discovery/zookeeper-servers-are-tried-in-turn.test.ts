import t from 'tap'
import { createZookeeperProvider } from '../../src/discovery/zookeeper/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { eventually } from '../support/client.ts'
import { cuttableProxy } from '../support/zookeeper-proxy.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { Recorder } from './contract.ts'

t.test('servers of a ZooKeeper ensemble are tried in turn, in an order of chance', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const [one, other] = [await cuttableProxy(t, zookeeper.port), await cuttableProxy(t, zookeeper.port)]
  const settings = { addresses: [one.address, other.address], basePath: '/services', sessionTimeoutMs: 30_000 }
  const ranks = [0.7, 0.2]
  const random = { next: () => ranks.shift() ?? 0.5, id: () => '' }
  const provider = createZookeeperProvider(settings, { clock: systemClock, random })
  const watched = new Recorder()
  const source = provider.watch({ service: 'orders', scheme: 'http' }, watched)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  await eventually(() => watched.answers.length === 1)
  const sessions = await zookeeper.sessions()
  await one.cut()
  t.strictSame(watched.failures, [], 'the second one is the first of this order')
  await other.cut()
  await one.mend()
  await eventually(() => watched.answers.length === 2)
  t.match(watched.failures[0]?.message, `${other.address}: the server closed the connection`)
  await other.mend()
  await one.cut()
  await eventually(() => watched.answers.length === 3)
  t.strictSame(await zookeeper.sessions(), sessions, 'with the same session')
})
