import t from 'tap'
import { createZookeeperProvider } from '../../src/discovery/zookeeper/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { eventually } from '../support/client.ts'
import { cuttableProxy } from '../support/zookeeper-proxy.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { Recorder } from './contract.ts'
import { watchOrders } from './zookeeper-kit.ts'

t.test('a ZooKeeper session is kept alive while nothing happens', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const proxy = await cuttableProxy(t, zookeeper.port)
  const kept = watchOrders(t, zookeeper.address, { sessionTimeoutMs: 2000 })
  await eventually(() => kept.answers.length === 1)
  const [session] = await zookeeper.sessions()
  const other = watchOrders(t, proxy.address, { sessionTimeoutMs: 2000 })
  await eventually(() => other.answers.length === 1)
  // As long as it takes a session to expire that nobody keeps alive.
  await proxy.cut()
  await eventually(async () => (await zookeeper.sessions()).length === 1, 30_000)
  t.strictSame(await zookeeper.sessions(), [session])
  t.strictSame(kept.failures, [])
})

t.test('services share one session, which ends with the provider', { skip: zookeeperMissing() }, async (t) => {
  const zookeeper = await startZookeeper(t)
  const settings = { addresses: [zookeeper.address], basePath: '/', sessionTimeoutMs: 30_000 }
  const provider = createZookeeperProvider(settings, { clock: systemClock, random: createSystemRandom() })
  t.teardown(() => provider.close())
  const watched = ['orders', 'users', 'orders'].map((service) => {
    const recorder = new Recorder()
    return { recorder, source: provider.watch({ service, scheme: 'http' }, recorder) }
  })
  await eventually(() => watched.every(({ recorder }) => recorder.answers.length === 1))
  t.equal((await zookeeper.sessions()).length, 1)
  for (const { source } of watched) source.stop()
  provider.close()
  await eventually(async () => (await zookeeper.sessions()).length === 0)
  t.ok(
    watched.every(({ recorder }) => recorder.failures.length === 0),
    'nobody was told of that as a failure'
  )
})
