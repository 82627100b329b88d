import type { FastifyBaseLogger } from 'fastify'
import type { Dependencies } from './dependencies.ts'
import type { OrderStore } from './store.ts'

/** What the work on an order is done with. */
export interface Shop {
  store: OrderStore
  dependencies: Dependencies
  log: FastifyBaseLogger
  now: () => Date
  newId: () => string
}
