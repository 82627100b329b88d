import t from 'tap'
import { benchAuthorize, member } from '../support/authorize-auth.ts'

const rule = { scopes: ['s'], roles: ['r'], groups: ['g'], claims: { c: 1 }, consumers: ['shop'] }
const full = { consumer: member('g'), claims: { scope: 's', roles: ['r'], c: 1 } }
const none = { consumer: { name: 'other', groups: [] }, claims: {} }
const lackingOne = [
  { ...full, consumer: member() },
  { ...full, consumer: { name: 'other', groups: ['g'] } },
  ...['scope', 'roles', 'c'].map((name) => ({ ...full, claims: { ...full.claims, [name]: null } }))
]
const havingOne = [
  { ...none, consumer: member() },
  { ...none, consumer: { name: 'other', groups: ['g'] } },
  ...(['scope', 'roles', 'c'] as const).map((name) => ({ ...none, claims: { [name]: full.claims[name] } }))
]

t.test('each kind of condition must hold, unless one is enough', async (t) => {
  for (const match of [undefined, 'all']) {
    const { status } = await benchAuthorize(t, match === undefined ? rule : { ...rule, match })
    t.equal(await status(full), 200)
    for (const caller of lackingOne) t.equal(await status(caller), 403, JSON.stringify(caller))
  }
  const { status } = await benchAuthorize(t, { ...rule, match: 'any' })
  t.equal(await status(none), 403)
  for (const caller of [...havingOne, ...lackingOne]) t.equal(await status(caller), 200, JSON.stringify(caller))
})
