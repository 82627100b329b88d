import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGatewayProcess, startProgram, temporaryFolder } from '../support/gateway-process.ts'
import { startOrigin } from '../support/origin.ts'

/** Each thread loads the code anew. */
const env = { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compile') }

t.test('a process with workers starts, reloads and stops as one without', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const text = (listener: string, more = ''): string => `
version: 1
workers: 2
listeners: [{ address: "${listener}" }]
admin: { address: "127.0.0.1:0" }
shutdown: { delay: 0s, drain: 2s }
${more}
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`

  await t.test('by a file, by signals, with a log of all', async (t) => {
    const file = join(temporaryFolder(t, { 'gateway.yaml': text('127.0.0.1:0') }), 'gateway.yaml')
    const gateway = await startGatewayProcess(t, file, { args: ['--no-watch'], env })
    t.equal((await gateway.logged('listening'))['workers'], 2)
    const lines = () => gateway.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    await eventually(async () => {
      t.equal((await send(gateway.url)).text, 'served')
      const numbers = new Set(lines().flatMap(({ msg, worker }) => (msg === 'request' ? [worker] : [])))
      if (numbers.size < 2) throw new Error('only one has served')
    }, 10_000)

    writeFileSync(file, readFileSync(file, 'utf8').replace('workers: 2', 'workers: 3').replace('/*', '/only'))
    gateway.child.kill('SIGHUP')
    await gateway.logged('configuration applied')
    await gateway.logged('the number of workers changes with the next start only')
    t.equal((await send(gateway.url)).status, 404)
    t.equal(lines().filter(({ msg }) => msg === 'configuration applied').length, 1, 'told once')

    gateway.child.kill('SIGTERM')
    t.equal(await gateway.exit, 0)
    t.equal(lines().filter(({ msg }) => msg === 'stopped').length, 1)
  })

  await t.test('a port that somebody has is taken', async (t) => {
    const other = net.createServer().listen({ host: '127.0.0.1', port: 0, reusePort: true })
    await once(other, 'listening')
    t.teardown(() => other.close())
    const { port } = other.address() as net.AddressInfo
    const file = join(temporaryFolder(t, { 'gateway.yaml': text(`127.0.0.1:${port}`) }), 'gateway.yaml')
    const program = startProgram(t, ['start', '-c', file], { env })
    t.equal(await program.exit, 1)
    t.match(program.errors(), 'EADDRINUSE')
  })

  await t.test('what a worker cannot build is an error of the file', async (t) => {
    const plugin = "module.exports = async () => { throw new Error('not today') }"
    const more = 'plugins: { bad: { fastify: ./bad.cjs } }'
    const folder = temporaryFolder(t, { 'bad.cjs': plugin, 'gateway.yaml': text('127.0.0.1:0', more) })
    const program = startProgram(t, ['start', '-c', join(folder, 'gateway.yaml')], { env })
    t.equal(await program.exit, 78)
    t.notOk(
      program.lines.some((line) => line.includes('another takes its place')),
      'nothing is tried again'
    )
    t.match(program.errors(), /gateway\.yaml: error: .*bad.*not today/)
  })
})
