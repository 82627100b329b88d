import t from 'tap'
import http from 'node:http'
import { once } from 'node:events'
import net from 'node:net'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

t.test('idle connections and those without any request are closed, a head on its way is answered', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  // Its drain limit never comes.
  const { gateway, port, url } = await startGateway(t, passThrough(origin.url), { clock: new FakeClock() })
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  t.equal((await send(url, { agent })).headers.connection, 'keep-alive')
  const [idle] = Object.values(agent.freeSockets).flat()
  const silent = await connect(port)
  const begun = await connect(port)
  begun.write('GET / HTTP/1.1\r\nHost: a\r\n')
  await send(url) // by now the gateway has read the beginning

  const ends = [idle, silent].map((socket) => once(socket as net.Socket, 'close'))
  const closed = gateway.close()
  await Promise.all(ends)
  let answer = ''
  begun.setEncoding('latin1').on('data', (text: string) => (answer += text))
  begun.write('\r\n')
  await once(begun, 'close')
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nconnection: close\r\n[^]*served$/i)
  t.equal(await closed, 0)
})

async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
