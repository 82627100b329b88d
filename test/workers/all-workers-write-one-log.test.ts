import http from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { send } from '../support/client.ts'
import { startGatewayProcess, temporaryFolder } from '../support/gateway-process.ts'
import { startOrigin } from '../support/origin.ts'

const REQUESTS = 2000

/** Says something and dies in the same turn. */
const LAST_WORDS = `
module.exports = async function last (app) {
  app.addHook('onRequest', async (request) => {
    if (request.headers['x-crash'] === undefined) return
    setImmediate(() => {
      app.log.info('last words')
      throw new Error('crashed as told')
    })
  })
}
`

t.test('lines of all workers come out whole, in order and all of them, also when the reader is slow and a worker crashes', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const text = `
version: 1
workers: 2
listeners: [{ address: "127.0.0.1:0" }]
admin: { address: "127.0.0.1:0" }
shutdown: { delay: 0s, drain: 2s }
plugins: { last: { fastify: ./last.cjs } }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  const file = join(temporaryFolder(t, { 'gateway.yaml': text, 'last.cjs': LAST_WORDS }), 'gateway.yaml')
  const gateway = await startGatewayProcess(t, file, { args: ['--no-watch'] })

  // Four times what a pipe holds.
  gateway.child.stdout?.pause()
  const agents = Array.from({ length: 16 }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }))
  t.teardown(() => agents.forEach((agent) => agent.destroy()))
  await Promise.all(
    agents.map(async (agent, connection) => {
      for (let i = 0; i < REQUESTS / agents.length; i++) {
        const { status } = await send(`${gateway.url}/${connection}/${i}`, { agent })
        if (status !== 200) throw new Error(`status ${status}`)
      }
    })
  )
  await send(gateway.url, { headers: { 'x-crash': '1' } }).catch(() => {})
  gateway.child.stdout?.resume()
  await gateway.logged('last words')
  gateway.child.kill('SIGTERM')
  t.equal(await gateway.exit, 0)

  const lines = gateway.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const requests = lines.filter(({ msg, path }) => msg === 'request' && path !== '/')
  t.equal(requests.length, REQUESTS)
  t.same(new Set(requests.map(({ worker }) => worker)), new Set([0, 1]))
  // A connection stays with one worker.
  const numbers = new Map<string, number[]>()
  for (const { path } of requests) {
    const [, connection = '', number] = String(path).split('/')
    numbers.set(connection, [...(numbers.get(connection) ?? []), Number(number)])
  }
  t.equal(numbers.size, agents.length)
  for (const [connection, seen] of numbers)
    t.same(
      seen,
      seen.toSorted((one, other) => one - other),
      `connection ${connection}`
    )
})
