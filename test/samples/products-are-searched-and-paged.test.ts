import t from 'tap'
import { buildProductsApp } from '../../samples/products/app.ts'
import { get, listen, post, serviceOptions } from './shop.ts'

t.test('products are searched and paged', async (t) => {
  const products = `${await listen(t, buildProductsApp(serviceOptions()))}/products`
  const ids = async (query: string): Promise<string[]> => (await get(`${products}?${query}`)).body.items.map(({ id }: { id: string }) => id)
  t.same(await ids(''), ['p-1', 'p-2', 'p-3', 'p-4', 'p-5'])
  t.match((await get(`${products}?limit=2&offset=1`)).body, { total: 5, limit: 2, offset: 1, items: [{ id: 'p-2' }, { id: 'p-3' }] })
  t.same(await ids('q=LANTERN'), ['p-1'])
  t.same(await ids('q=harbour'), ['p-4'], 'the description counts')
  t.same(await ids('q=%25'), [], 'a percent sign is no wildcard')
  const rope = await post(products, { name: 'Rope, 100% hemp', priceCents: 100 })
  t.same(await ids('q=0%25'), [rope.body.id])
  t.match(await get(`${products}/p-2`), { status: 200, body: { id: 'p-2', priceCents: 18_900 } })
  t.equal((await get(`${products}/p-404`)).status, 404)
})
