import t from 'tap'
import { benchAuthorize, member } from '../support/authorize-auth.ts'

t.test('a method replaces conditions of the same kind and leaves the others', async (t) => {
  const { status } = await benchAuthorize(t, {
    groups: ['staff'],
    scopes: ['read'],
    methods: { POST: { scopes: ['write'] }, DELETE: { groups: ['admins'], match: 'any' } }
  })
  const caller = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', group: string, scope: string) =>
    status({ method, consumer: member(group), claims: { scope } })
  t.equal(await caller('GET', 'staff', 'read'), 200)
  t.equal(await caller('PUT', 'staff', 'read'), 200)
  t.equal(await caller('PUT', 'staff', 'write'), 403)
  t.equal(await caller('POST', 'staff', 'write'), 200)
  t.equal(await caller('POST', 'staff', 'read'), 403)
  t.equal(await caller('POST', 'others', 'write'), 403, 'the groups of all methods still count')
  t.equal(await caller('DELETE', 'admins', ''), 200)
  t.equal(await caller('DELETE', 'others', 'read'), 200, 'its own match')
  t.equal(await caller('DELETE', 'staff', ''), 403)
})

t.test('HEAD is not the way around the rule of GET', async (t) => {
  const { status } = await benchAuthorize(t, { methods: { GET: { groups: ['staff'] } } })
  t.equal(await status({ method: 'HEAD', consumer: member('others') }), 403)
  t.equal(await status({ method: 'HEAD', consumer: member('staff') }), 200)
  const own = await benchAuthorize(t, { methods: { GET: { groups: ['staff'] }, HEAD: { groups: ['others'] } } })
  t.equal(await own.status({ method: 'HEAD', consumer: member('others') }), 200)
  t.equal(await own.status({ method: 'GET', consumer: member('others') }), 403)
})
