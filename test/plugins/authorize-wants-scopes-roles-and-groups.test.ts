import t from 'tap'
import { benchAuthorize, member } from '../support/authorize-auth.ts'

t.test('a plain list of scopes means all of them, wherever the token has them', async (t) => {
  const { status } = await benchAuthorize(t, { scopes: ['orders:read', 'orders:write'] })
  const good = [
    { scope: 'orders:write profile orders:read' },
    { scope: ['orders:read', 'orders:write', 7] },
    { scp: 'orders:read orders:write' },
    { scp: ['orders:read', 'orders:write'] }
  ]
  for (const claims of good) t.equal(await status({ claims }), 200, JSON.stringify(claims))
  const lacking = [
    {},
    { scope: 'orders:read' },
    { scope: 'orders:read,orders:write' },
    { scope: 'orders:read orders:writer' },
    { scope: ['orders:read orders:write'] },
    { scope: { 'orders:read': true, 'orders:write': true } },
    { scope: 'orders:read', scp: 'orders:write' },
    { scopes: 'orders:read orders:write' }
  ]
  for (const claims of lacking) t.equal(await status({ claims }), 403, JSON.stringify(claims))
  t.equal(await status({ consumer: member('orders:read', 'orders:write') }), 403, 'groups are no scopes')
})

t.test('a plain list of roles means one of them, from the configured claim', async (t) => {
  const { status } = await benchAuthorize(t, { roles: ['clerk', 'manager'] })
  for (const roles of [['x', 'manager'], ['clerk'], 'clerk']) t.equal(await status({ claims: { roles } }), 200)
  for (const roles of [[], ['clerks'], 'clerk manager', { clerk: true }, null]) t.equal(await status({ claims: { roles } }), 403)
  const nested = await benchAuthorize(t, { roles: ['clerk'], rolesClaim: 'realm_access.roles' })
  t.equal(await nested.status({ claims: { realm_access: { roles: ['clerk'] } } }), 200)
  t.equal(await nested.status({ claims: { roles: ['clerk'] } }), 403)
})

t.test('a plain list of groups means one of them, of the consumer', async (t) => {
  const { status } = await benchAuthorize(t, { groups: ['buyers', 'staff'] })
  t.equal(await status({ consumer: member('x', 'staff') }), 200)
  t.equal(await status({ consumer: member('x') }), 403)
  t.equal(await status({ consumer: member(), claims: { groups: ['staff'] } }), 403)
  t.equal(await status({ claims: { groups: ['staff'] } }), 403)
})

t.test('any and all say how much of a list is needed', async (t) => {
  for (const kind of ['scopes', 'roles', 'groups']) {
    const caller = (names: readonly string[]) => ({ consumer: member(...names), claims: { scope: names, roles: names } })
    const any = await benchAuthorize(t, { [kind]: { any: ['a', 'b'] } })
    const all = await benchAuthorize(t, { [kind]: { all: ['a', 'b'] } })
    const statuses = async (names: readonly string[]) => [await any.status(caller(names)), await all.status(caller(names))]
    t.strictSame(await statuses(['c', 'b', 'a']), [200, 200], kind)
    t.strictSame(await statuses(['b']), [200, 403], kind)
    t.strictSame(await statuses(['c']), [403, 403], kind)
  }
})

t.test('consumers are known by their names', async (t) => {
  const { status } = await benchAuthorize(t, { consumers: ['erp', 'shop'] })
  t.equal(await status({ consumer: member() }), 200)
  t.equal(await status({ consumer: { name: 'shops', groups: ['shop'] } }), 403)
  t.equal(await status({ claims: { sub: 'shop' } }), 403)
})
