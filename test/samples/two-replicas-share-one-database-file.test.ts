import t from 'tap'
import { get, post, stockOf } from './shop.ts'
import { startProcess } from './service-process.ts'

t.test('replicas that start together on a new file share it', async (t) => {
  const env = { DATA_DIR: t.testdir(), SEED: '1' }
  const start = (instance: string) => startProcess(t, 'products', { ...env, INSTANCE: instance })
  const replicas = await Promise.all([start('products-a'), start('products-b'), start('products-c')])
  const made = await post(`${replicas[0].url}/products`, { name: 'Compass', priceCents: 900 })
  for (const { url, announcement } of replicas) {
    const read = await get(`${url}/products/${made.body.id}`)
    t.same(read.body, made.body)
    t.equal(read.headers.get('x-instance'), announcement.instance)
    t.equal((await get(`${url}/products`)).body.total, 6, 'seeded once')
  }
})

t.test('two processes that reserve at the same time never sell a piece twice', async (t) => {
  const env = { DATA_DIR: t.testdir(), SEED: '1' }
  const [one, two] = await Promise.all([startProcess(t, 'inventory', env), startProcess(t, 'inventory', env)])
  const answers = await Promise.all(
    Array.from({ length: 160 }, (_, index) =>
      post(`${(index % 2 === 0 ? one : two).url}/inventory/p-1/reserve`, { orderId: `o-${index}`, quantity: 1 })
    )
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 100)
  t.equal(answers.filter(({ status }) => status === 409).length, 60)
  t.same(await stockOf({ inventory: two.url }, 'p-1'), { available: 0, reserved: 100 })
})
