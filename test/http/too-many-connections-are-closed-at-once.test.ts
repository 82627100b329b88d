import net from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { metric } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

function open(t: Teardown, port: number, localAddress = '127.0.0.1'): net.Socket {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  return socket
}

const connections = (gateway: Parameters<typeof metric>[0]) => metric(gateway, 'sallyport_connections_open{listener="127.0.0.1:0"}')

t.test('over all listeners', async (t) => {
  const origin = await startOrigin(t, (_request, response) => void response.end('served'))
  const gateway = await startGateway(t, `limits: { connections: 2 }\n${passThrough(origin.url)}`)
  const [first] = [open(t, gateway.port), open(t, gateway.port, '127.0.0.2')]
  await eventually(async () => (await connections(gateway)) === 2)
  const third = open(t, gateway.port, '127.0.0.3')
  await once(third, 'close')
  t.equal(third.bytesRead, 0)
  t.equal(await metric(gateway, 'sallyport_connections_refused_total{limit="all"}'), 1)
  first?.destroy()
  await eventually(async () => (await connections(gateway)) === 1)
  t.equal((await send(gateway.url)).text, 'served', 'the place is free again')
})

t.test('of one address, trusted proxies excepted', async (t) => {
  const origin = await startOrigin(t, (_request, response) => void response.end('served'))
  const gateway = await startGateway(t, `limits: { connectionsPerIp: 1 }\ntrustedProxies: [127.0.0.9]\n${passThrough(origin.url)}`)
  open(t, gateway.port, '127.0.0.2')
  await eventually(async () => (await connections(gateway)) === 1)
  const second = open(t, gateway.port, '127.0.0.2')
  await once(second, 'close')
  t.equal(await metric(gateway, 'sallyport_connections_refused_total{limit="ip"}'), 1)
  open(t, gateway.port, '127.0.0.3')
  open(t, gateway.port, '127.0.0.9')
  open(t, gateway.port, '127.0.0.9')
  await eventually(async () => (await connections(gateway)) === 4)
})
