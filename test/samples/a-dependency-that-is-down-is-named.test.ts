import t from 'tap'
import { closedUrl, get, post, startShop, startStub, stockOf } from './shop.ts'

const order = { userId: 'u-1', items: [{ productId: 'p-1', quantity: 1 }] }

for (const dependency of ['users', 'products', 'inventory', 'payments'] as const) {
  t.test(`an order answers 503 and names ${dependency} when nobody listens there`, async (t) => {
    const url = await closedUrl()
    const shop = await startShop(t, { urls: { [dependency]: url } })
    const refused = await post(`${shop.orders}/orders`, order)

    t.match(refused, { status: 503, body: { title: 'Dependency unavailable', dependency } })
    t.equal(refused.headers.get('retry-after'), '1')
    t.notMatch(JSON.stringify(refused.body), url.replace('http://', ''), 'and not where it is')
    t.same(await stockOf(shop, 'p-1'), { available: 100, reserved: 0 })
    const kept = await get(`${shop.orders}/orders`)
    t.ok(kept.body.items.every((item: { status: string }) => item.status === 'rejected'))
  })
}

t.test('an order answers 503 when a dependency does not answer in time', async (t) => {
  const shop = await startShop(t, { dependencyTimeoutMs: 50, urls: { payments: await startStub(t, () => {}) } })
  const refused = await post(`${shop.orders}/orders`, order)
  t.match(refused, { status: 503, body: { dependency: 'payments', detail: /did not answer within 50 ms/ } })
})

t.test('an order answers 503 when a dependency fails or cannot be understood', async (t) => {
  const failing = await startStub(t, (_request, response) => {
    response.writeHead(500).end('<h1>oops</h1>')
  })
  const withFailing = await startShop(t, { urls: { users: failing } })
  t.match(await post(`${withFailing.orders}/orders`, order), { status: 503, body: { detail: /answered 500/ } })

  const strange = await startStub(t, (_request, response) => {
    response.writeHead(200).end('{"priceCents":"many"}')
  })
  const withStrange = await startShop(t, { urls: { products: strange } })
  t.match(await post(`${withStrange.orders}/orders`, order), { status: 503, body: { dependency: 'products' } })
})
