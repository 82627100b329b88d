import t from 'tap'
import http from 'node:http'
import { once } from 'node:events'
import net from 'node:net'
import { eventually, send } from '../support/client.ts'
import { passThrough } from '../support/gateway.ts'
import { startGatewayProcess, temporaryFolder } from '../support/gateway-process.ts'
import { startHeldOrigin } from '../support/held-origin.ts'

const head = (delay: string) => `version: 1
listeners: [{ address: "127.0.0.1:0" }]
admin: { address: "127.0.0.1:0" }
shutdown: { delay: ${delay}, drain: 30s }
`

t.test('SIGTERM makes it unready at once and ends it with 0 when the last request is done', async (t) => {
  const origin = await startHeldOrigin(t)
  const folder = temporaryFolder(t, { 'gateway.yaml': head('1s') + passThrough(origin.url) })
  const gateway = await startGatewayProcess(t, 'gateway.yaml', { cwd: folder })
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  t.equal((await send(`${gateway.adminUrl}/readyz`)).status, 200)
  const running = send(`${gateway.url}/running`, { agent })
  await origin.arrived(1)

  gateway.child.kill('SIGTERM')
  await eventually(async () => (await send(`${gateway.adminUrl}/readyz`)).status === 503)
  const during = send(`${gateway.url}/during`)
  await origin.arrived(2)
  await eventually(() => isRefused(gateway.port))
  origin.release()
  t.equal((await running).text, '/running')
  t.equal((await during).text, '/during')
  t.equal(await gateway.exit, 0)
  t.match(await gateway.logged('stopped'), { cut: 0 })
})

t.test('a second signal ends it at once', async (t) => {
  const origin = await startHeldOrigin(t)
  const folder = temporaryFolder(t, { 'gateway.yaml': head('0s') + passThrough(origin.url) })
  const gateway = await startGatewayProcess(t, 'gateway.yaml', { cwd: folder })
  const request = http.get(`${gateway.url}/running`)
  const cut = once(request, 'error')
  await origin.arrived(1)
  gateway.child.kill('SIGTERM')
  await gateway.logged('draining')
  gateway.child.kill('SIGTERM')
  t.equal(await gateway.exit, 1)
  t.equal((await cut)[0].code, 'ECONNRESET')
})

async function isRefused(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  const refused = await once(socket, 'connect').then(
    () => false,
    () => true
  )
  socket.destroy()
  return refused
}
