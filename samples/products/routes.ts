import { Type } from 'typebox'
import { created } from '../kit/created.ts'
import { pageQuery } from '../kit/page.ts'
import { notFound } from '../kit/problem.ts'
import { Cents, IdParams, Text } from '../kit/schemas.ts'
import type { ServiceApp } from '../kit/type-provider.ts'
import type { ProductStore } from './store.ts'

/** Small enough that the sum of the largest order is still an exact number. */
const maxPriceCents = 1_000_000_000

const ProductBody = Type.Object(
  {
    name: Text(200),
    description: Type.Optional(Type.String({ maxLength: 2_000 })),
    priceCents: Cents({ maximum: maxPriceCents })
  },
  { additionalProperties: false }
)

const ListQuery = Type.Object({ ...pageQuery, q: Type.Optional(Type.String({ maxLength: 100 })) })

export function registerProductRoutes(app: ServiceApp, store: ProductStore): void {
  app.get('/products', { schema: { querystring: ListQuery } }, async ({ query: { q = '', ...page } }) => store.list(q, page))

  app.get('/products/:id', { schema: { params: IdParams } }, async ({ params }) => {
    const product = store.find(params.id)
    if (product === undefined) throw notFound('product', params.id)
    return product
  })

  app.post('/products', { schema: { body: ProductBody } }, async ({ body }, reply) => {
    const product = store.create({ description: '', ...body })
    created(reply, 'products', product.id)
    return product
  })
}
