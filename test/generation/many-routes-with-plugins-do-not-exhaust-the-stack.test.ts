import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'

// Of a tenth of the usual stack a tenth of the routes is enough: 500 contexts beside each other ended it.
const ROUTES = 500
const STACK_MB = 0.4

t.test('many routes with plugins do not exhaust the stack when they are made ready or given back', async (t) => {
  const script = new URL('../support/many-plugin-routes.ts', import.meta.url)
  const thread = new Worker(script, { workerData: ROUTES, resourceLimits: { stackSizeMb: STACK_MB } })
  // Rejects with what the thread died of.
  t.same(await once(thread, 'exit'), [0])
})
