import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { startOrigin } from '../support/origin.ts'
import { startWorkers, tell } from '../support/workers.ts'

/** A plugin that one of two threads, the later one, cannot set up. */
const PICKY = `
const { workerData, isMainThread } = require('node:worker_threads')
module.exports = async function picky () {
  if (!isMainThread && workerData.worker === 1) throw new Error('not in this worker')
}
`

t.test('a reload swaps the configuration of all workers, or of none', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const body = (plugins: string): string => `
plugins: { ${plugins} }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  const workers = await startWorkers(t, body(tell('first')), { 'picky.cjs': PICKY })
  const said = async (): Promise<readonly unknown[]> => [...(await workers.ofEach('/')).values()].map(({ headers }) => headers['x-said'])
  t.strictSame(await said(), ['first', 'first'])

  await t.test('all', async (t) => {
    t.match(await workers.reload(body(tell('second'))), { result: 'applied', problems: [] })
    t.strictSame(await said(), ['second', 'second'])
  })

  await t.test('none, when one of them cannot build it', async (t) => {
    const { result, problems } = await workers.reload(body(`${tell('third')}, picky: { fastify: ./picky.cjs }`))
    t.equal(result, 'rejected')
    t.match(problems, [/picky.*not in this worker/])
    t.strictSame(await said(), ['second', 'second'])
  })

  await t.test('none, when another program listens on an address', async (t) => {
    const taken = createServer().listen({ host: '127.0.0.1', port: 0, reusePort: true })
    await once(taken, 'listening')
    t.teardown(() => taken.close())
    const { port } = taken.address() as AddressInfo
    const { result, problems } = await workers.reload(body(tell('third')), `127.0.0.1:${port}`)
    t.equal(result, 'rejected')
    t.strictSame(problems, [`listeners[1].address: cannot listen on 127.0.0.1:${port}: another program listens there (EADDRINUSE)`])
    t.strictSame(await said(), ['second', 'second'])
  })

  await t.test('and again all, after that', async (t) => {
    t.equal((await workers.reload(body(tell('fourth')))).result, 'applied')
    t.strictSame(await said(), ['fourth', 'fourth'])
    t.equal((await workers.reload(body(tell('fourth')))).result, 'unchanged')
  })
})
