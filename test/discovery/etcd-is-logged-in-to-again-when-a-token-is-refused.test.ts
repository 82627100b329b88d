import t from 'tap'
import { eventually } from '../support/client.ts'
import { type Etcd, etcdMissing, startEtcd } from '../support/etcd.ts'
import { watchOrders } from './etcd-kit.ts'

const LOGIN = { username: 'gateway', password: 'secret' }

t.test('etcd is logged in to again when a token is refused', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t, ['--bcrypt-cost', '4'])
  await etcd.put('/orders/a', '127.0.0.1:8001')
  await enableAuth(etcd)
  const { watched, refresh } = watchOrders(t, etcd.url, LOGIN)
  await eventually(() => watched.origins?.length === 1)
  // Which takes the user's tokens away.
  await etcd.call('/v3/auth/user/changepw', { name: LOGIN.username, password: LOGIN.password })
  const before = watched.answers.length
  refresh()
  await eventually(() => watched.answers.length > before)
  await etcd.put('/orders/b', '127.0.0.1:8002')
  await eventually(() => watched.origins?.length === 2)
  t.strictSame(watched.failures, [])
})

t.test('a wrong password is told', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t, ['--bcrypt-cost', '4'])
  await enableAuth(etcd)
  const { watched } = watchOrders(t, etcd.url, { ...LOGIN, password: 'wrong' })
  await eventually(() => watched.failures.length > 1)
  t.match(watched.failures[0]?.message, /authentication failed, invalid user ID or password/)
  t.strictSame(watched.answers, [])
})

t.test('an etcd without authentication takes whoever has a password', { skip: etcdMissing() }, async (t) => {
  const etcd = await startEtcd(t, ['--bcrypt-cost', '4'])
  await etcd.put('/orders/a', '127.0.0.1:8001')
  const { watched, refresh } = watchOrders(t, etcd.url, LOGIN)
  await eventually(() => watched.origins?.length === 1)
  await enableAuth(etcd)
  const before = watched.answers.length
  refresh()
  await eventually(() => watched.answers.length > before)
  t.strictSame(watched.origins, ['http://127.0.0.1:8001'], 'and logs in when it is turned on')
  t.strictSame(watched.failures, [])
})

/** A user who may read what is below `/orders/`, and the root user that etcd insists on. */
async function enableAuth(etcd: Etcd): Promise<void> {
  await etcd.call('/v3/auth/user/add', { name: 'root', password: 'root' })
  await etcd.call('/v3/auth/user/grant', { user: 'root', role: 'root' })
  await etcd.call('/v3/auth/role/add', { name: 'reader' })
  const [key, range_end] = ['/orders/', '/orders0'].map((text) => Buffer.from(text).toString('base64'))
  await etcd.call('/v3/auth/role/grant', { name: 'reader', perm: { permType: 'READ', key, range_end } })
  await etcd.call('/v3/auth/user/add', { name: LOGIN.username, password: LOGIN.password })
  await etcd.call('/v3/auth/user/grant', { user: LOGIN.username, role: 'reader' })
  await etcd.call('/v3/auth/enable', {})
  await etcd.call('/v3/auth/authenticate', { name: 'root', password: 'root' })
}
