import t from 'tap'
import { eventually } from '../support/client.ts'
import { etcdMissing, startEtcd } from '../support/etcd.ts'
import { interceptor } from '../support/etcd-interceptor.ts'
import { watchOrders } from './etcd-kit.ts'

t.test('progress of etcd is told as a fresh answer', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t, ['--experimental-watch-progress-notify-interval', '100ms'])
  await etcd.put('/orders/a', '127.0.0.1:8001')
  const requests: string[] = []
  const address = await interceptor(t, etcd.url, async (path) => void requests.push(path))
  const { watched } = watchOrders(t, address)
  await eventually(() => watched.answers.length === 3)
  t.ok(watched.answers.every(({ instances }) => instances.length === 1))
  t.strictSame(requests, ['/v3/kv/range', '/v3/watch'], 'nothing was asked for again')
  t.strictSame(watched.failures, [])
})
