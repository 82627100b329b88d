import { join } from 'node:path'
import t from 'tap'
import { send } from '../support/client.ts'
import { startGatewayProcess, temporaryFolder } from '../support/gateway-process.ts'
import { startOrigin } from '../support/origin.ts'

/** What Node does on macOS and Windows: `listen` with `reusePort` fails with ENOTSUP. */
const NO_SHARED_PORTS = `
import net from 'node:net'
const { listen } = net.Server.prototype
net.Server.prototype.listen = function (options, ...rest) {
  if (options?.reusePort !== true) return listen.call(this, options, ...rest)
  process.nextTick(() => this.emit('error', Object.assign(new Error('listen ENOTSUP'), { code: 'ENOTSUP' })))
  return this
}
`

t.test('one worker serves, with a warning, where the system cannot share a port', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const document = `
version: 1
workers: 2
listeners: [{ address: "127.0.0.1:0" }]
admin: { address: "127.0.0.1:0" }
shutdown: { delay: 0s, drain: 2s }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  const file = join(temporaryFolder(t, { 'gateway.yaml': document }), 'gateway.yaml')
  const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(NO_SHARED_PORTS)}`]
  const gateway = await startGatewayProcess(t, file, { args: ['--no-watch'], nodeArgs })
  const warning = await gateway.logged('this system cannot share a port among several workers: one serves')
  t.match(warning, { level: 'warn', workers: 2 })
  t.equal((await send(gateway.url)).text, 'served')
  gateway.child.kill('SIGTERM')
  t.equal(await gateway.exit, 0)
})
