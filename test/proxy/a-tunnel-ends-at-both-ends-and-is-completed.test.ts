import type { Duplex } from 'node:stream'
import t from 'tap'
import { inFlight, metric } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway, type Teardown, type TestGateway } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { accept, startUpgradeOrigin, UPGRADE, type UpgradeOrigin } from '../support/websocket.ts'

interface Tunnel {
  readonly gateway: TestGateway
  readonly client: RawConnection
  readonly upstream: Duplex
  readonly origin: UpgradeOrigin
}

async function openTunnel(t: Teardown): Promise<Tunnel> {
  let upstream: Duplex | undefined
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    upstream = socket
    socket.write(`${accept(request)}hello`)
    socket.on('end', () => socket.end())
  })
  const gateway = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, gateway.port)
  client.write(`${UPGRADE}\r\n`)
  await client.response()
  await client.bytes(5)
  client.write('abc')
  return { gateway, client, origin, upstream: upstream as Duplex }
}

async function isCompleted({ gateway }: Tunnel): Promise<void> {
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  const lines = gateway.log.filter((line) => line.msg === 'request')
  if (lines.length !== 1) throw new Error(`${lines.length} access lines`)
}

const ENDS: readonly [string, (tunnel: Tunnel) => void][] = [
  [
    'the client closes',
    ({ client }) => {
      client.socket.end()
    }
  ],
  [
    'the client resets',
    ({ client }) => {
      client.socket.resetAndDestroy()
    }
  ],
  [
    'the upstream closes',
    ({ upstream }) => {
      upstream.end()
    }
  ],
  [
    'the upstream resets',
    ({ upstream }) => {
      upstream.destroy()
    }
  ]
]

for (const [name, end] of ENDS) {
  t.test(`when ${name} both connections end, and the request is counted and logged once`, async (t) => {
    const tunnel = await openTunnel(t)
    tunnel.upstream.resume()
    await eventually(async () => (await inFlight(tunnel.gateway, 'origin')) === 1)
    t.equal(await metric(tunnel.gateway, 'sallyport_streams_active{kind="websocket"}'), 1)
    t.equal(tunnel.gateway.log.filter((line) => line.msg === 'request').length, 0, 'not while it is open')
    end(tunnel)
    await tunnel.client.closed()
    await t.resolves(isCompleted(tunnel))
    await eventually(() => tunnel.origin.sockets.size === 0)
    t.match(
      tunnel.gateway.log.find((line) => line.msg === 'request'),
      { status: 101, outcome: 'upgrade', requestBytes: 3, responseBytes: 5 }
    )
    t.equal(await metric(tunnel.gateway, 'sallyport_streams_active{kind="websocket"}'), 0)
    t.equal(await metric(tunnel.gateway, 'sallyport_http_requests_total{route="all",method="GET",status="101"}'), 1)
  })
}

t.test('an upstream that does not answer the end of its client is cut off', async (t) => {
  const tunnel = await openTunnel(t)
  tunnel.upstream.removeAllListeners('end').resume()
  tunnel.client.socket.end()
  await t.resolves(isCompleted(tunnel))
})

t.test('what the upstream sent before it closed arrives', async (t) => {
  const { upstream, client } = await openTunnel(t)
  upstream.end(Buffer.alloc(300_000, 1))
  t.equal((await client.rest()).length, 300_000)
})
