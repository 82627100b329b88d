import t from 'tap'
import { send } from '../support/client.ts'
import { compilePlan, document } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { DEAD, startShop } from './kit.ts'

async function three(t: Tap) {
  return Promise.all(['a', 'b', 'c'].map((name) => startOrigin(t, (_request, response) => void response.end(name))))
}
type Tap = Parameters<typeof startOrigin>[0]

const list = (origins: readonly { readonly url: string }[]): string => origins.map(({ url }) => `"${url}"`).join(', ')

t.test('a sticky cookie is set once, is HttpOnly, names no address, and is followed', async (t) => {
  const origins = await three(t)
  const gateway = await startShop(t, `{ endpoints: [${list(origins)}], loadBalancing: { sticky: { cookie: stay, maxAge: 1h } } }`)
  const first = await send(gateway.url)
  const [cookie = ''] = first.headers['set-cookie'] ?? []
  t.match(cookie, /^stay=[\w-]{16}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/)
  t.notMatch(cookie, /127/)
  const headers = { cookie: `other=1; ${cookie.split(';')[0]}` }
  for (let i = 0; i < 6; i++) {
    const answer = await send(gateway.url, { headers })
    t.equal(answer.text, first.text)
    t.equal(answer.headers['set-cookie'], undefined)
  }
})

t.test('it survives a reload, and an endpoint that is gone is replaced by another with a new cookie', async (t) => {
  const origins = await three(t)
  const upstream = (endpoints: string): string => `{ endpoints: [${endpoints}], loadBalancing: { sticky: {} } }`
  const gateway = await startShop(t, upstream(list(origins)))
  const first = await send(gateway.url)
  const headers = { cookie: (first.headers['set-cookie'] ?? [''])[0]?.split(';')[0] ?? '' }
  const planOf = (endpoints: string) =>
    compilePlan(document(`upstreams: { shop: ${upstream(endpoints)} }\nroutes: [{ name: all, match: { path: "/*" }, upstream: shop }]`))
  await gateway.gateway.reload(planOf(`${list(origins)}, "${DEAD}"`))
  t.equal((await send(gateway.url, { headers })).text, first.text)
  const left = origins.filter((_origin, index) => 'abc'[index] !== first.text)
  await gateway.gateway.reload(planOf(list(left)))
  const moved = await send(gateway.url, { headers })
  t.not(moved.text, first.text)
  t.equal(moved.headers['set-cookie']?.length, 1)
})

for (const [title, hashOn, route, request] of [
  ['a header', '{ header: X-User }', '/*', (key: string) => ({ headers: { 'x-user': key } })],
  ['a cookie', '{ cookie: sid }', '/*', (key: string) => ({ headers: { cookie: `a=b; sid=${key}` } })],
  ['a path parameter', '{ param: id }', '/u/:id', (key: string) => ({ path: `/u/${key}` })],
  ['the address of the client', 'client-ip', '/*', () => ({})]
] as const) {
  t.test(`consistent-hash by ${title} sends equal keys to one endpoint`, async (t) => {
    const origins = await three(t)
    const clocked = await startShop(
      t,
      `{ endpoints: [${list(origins)}], loadBalancing: { algorithm: consistent-hash, hashOn: ${hashOn} } }`,
      '',
      route === '/*' ? '' : ` }\n  - { name: one, match: { path: "${route}" }, upstream: shop`
    )
    const seen = new Set<string>()
    for (let key = 0; key < 12; key++) {
      const first = (await send(clocked.url, request(`k${key}`))).text
      seen.add(first)
      t.equal((await send(clocked.url, request(`k${key}`))).text, first)
    }
    if (title === 'the address of the client') t.equal(seen.size, 1)
    else t.ok(seen.size > 1, 'different keys do not all go to one')
  })
}
