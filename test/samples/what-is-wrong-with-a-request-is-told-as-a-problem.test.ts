import t from 'tap'
import { post, send, startShop } from './shop.ts'

const item = { productId: 'p-1', quantity: 1 }

t.test('input that is not valid answers 400 and names the place', async (t) => {
  const shop = await startShop(t)
  const cases: [url: string, body: unknown, path: string][] = [
    [`${shop.users}/users`, { name: 'x' }, '/email'],
    [`${shop.users}/users`, { name: '  ', email: 'a@example.com' }, '/name'],
    [`${shop.users}/users`, { name: 'x', email: 'a@example' }, '/email'],
    [`${shop.users}/users`, { name: 'x', email: 'a b@example.com' }, '/email'],
    [`${shop.users}/users`, { name: 'x', email: 'a@example.com', admin: true }, '/admin'],
    [`${shop.products}/products`, { name: 'x', priceCents: '5' }, '/priceCents'],
    [`${shop.products}/products`, { name: 'x', priceCents: 0.5 }, '/priceCents'],
    [`${shop.inventory}/inventory/p-1/reserve`, { quantity: 0 }, '/quantity'],
    [`${shop.payments}/payments`, { orderId: 'o', userId: 'u', amountCents: -1 }, '/amountCents'],
    [`${shop.notifications}/notifications`, { userId: 'u', subject: 's', message: '' }, '/message'],
    [`${shop.orders}/orders`, { userId: 'u-1', items: [] }, '/items'],
    [`${shop.orders}/orders`, { userId: 'u-1', items: [item, { ...item, quantity: 1_001 }] }, '/items/1/quantity'],
    [`${shop.orders}/orders`, [], '']
  ]
  for (const [url, body, path] of cases) {
    const answer = await post(url, body)
    t.match(answer, { status: 400, body: { type: /invalid-request$/, title: 'Invalid request', errors: [{ in: 'body' }] } })
    t.equal(answer.headers.get('content-type')?.split(';')[0], 'application/problem+json')
    t.ok(
      answer.body.errors.some((error: { path: string }) => error.path === path),
      `names '${path}'`
    )
  }
})

t.test('what is wrong before a handler sees it is a problem document as well', async (t) => {
  const { users } = await startShop(t)
  const json = { 'content-type': 'application/json' }
  const cases: [path: string, request: RequestInit, status: number][] = [
    ['/users', { method: 'POST', headers: json, body: '{"name":' }, 400],
    ['/users', { method: 'POST', headers: json, body: '' }, 400],
    ['/users', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a,b' }, 415],
    ['/users', { method: 'POST', headers: json, body: JSON.stringify({ name: 'x'.repeat(70_000) }) }, 413],
    ['/users?limit=many', {}, 400],
    ['/users?limit=101', {}, 400],
    ['/users/%zz', {}, 400],
    ['/nothing', {}, 404],
    ['/users/u-1', { method: 'PATCH' }, 404]
  ]
  for (const [path, request, status] of cases) {
    const response = await fetch(`${users}${path}`, request)
    const text = await response.text()
    t.equal(response.status, status, `${request.method ?? 'GET'} ${path}`)
    t.equal(response.headers.get('content-type')?.split(';')[0], 'application/problem+json')
    t.equal(response.headers.get('x-instance'), 'test-1')
    t.match(JSON.parse(text), { type: String, title: String, status, detail: String })
    t.notMatch(text, /node_modules|\.ts:/, 'no stack')
  }
})

t.test('an unexpected error says nothing about the inside', async (t) => {
  const { buildUsersApp } = await import('../../samples/users/app.ts')
  const { listen, serviceOptions } = await import('./shop.ts')
  const now = (): Date => {
    throw new Error('secret of the clock')
  }
  const users = await listen(t, buildUsersApp(serviceOptions({ now, seed: false })))
  const answer = await send('POST', `${users}/users`, { name: 'x', email: 'x@example.com' })
  t.match(answer, { status: 500, body: { title: 'Internal Server Error', detail: 'The request could not be completed' } })
})
