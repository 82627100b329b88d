import t from 'tap'
import { inFlight, metric } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { field, RawConnection, rawRequest } from '../support/raw-client.ts'
import { startPairs } from '../support/websocket-pair.ts'
import { accept, endWithClient, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

const withRules = (rules: string) => (url: string) => passThrough(url).replace('timeouts:', `${rules}, timeouts:`)

t.test('an upstream has so many WebSockets as websocket.maxConnections, and requests besides', async (t) => {
  const { open, gateway } = await startPairs(t, withRules('websocket: { maxConnections: 2 }'))
  const first = await open()
  const second = await open()
  const refused = await rawRequest(t, gateway.port, `${UPGRADE}\r\n`)
  t.equal(refused.status, 503)
  t.equal(JSON.parse(refused.body.toString()).code, 'SP_OVERLOADED')
  t.equal(field(refused.fields, 'retry-after'), '1')
  t.equal((await send(`${gateway.url}/plain`)).status, 200)
  first.client.socket.end()
  first.upstream.socket.end()
  await eventually(async () => (await inFlight(gateway, 'origin')) === 1)
  const third = await open()
  for (const { client, upstream } of [second, third]) {
    client.socket.end()
    upstream.socket.end()
  }
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
})

t.test('a refused upgrade gives its place back', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'))
  const gateway = await startGateway(t, withRules('websocket: { maxConnections: 1 }')(origin.url))
  for (let i = 0; i < 3; i++) t.equal((await rawRequest(t, gateway.port, `${UPGRADE}\r\n`)).status, 403)
})

t.test('an open WebSocket holds no place in the bulkheads, one that is about to open does', async (t) => {
  let answer = (): void => {}
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    endWithClient(socket)
    answer = () => socket.write(accept(request))
  })
  const document = withRules('bulkhead: { maxConcurrent: 1 }')(origin.url).concat('    bulkhead: { maxConcurrent: 1 }\n')
  const gateway = await startGateway(t, document)
  const client = await RawConnection.open(t, gateway.port)
  client.write(`${UPGRADE}\r\n`)
  await eventually(() => origin.requests.length === 1)
  t.equal((await send(`${gateway.url}/plain`)).status, 503)
  answer()
  t.equal((await client.response()).status, 101)
  t.equal((await send(`${gateway.url}/plain`)).status, 200)
  for (const owner of ['upstream="origin",route=""', 'upstream="",route="all"'])
    t.equal(await metric(gateway, `sallyport_bulkhead_running{${owner}}`), 0)
  client.destroy()
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  t.equal((await send(`${gateway.url}/plain`)).status, 200, 'places are given back once')
  for (const owner of ['upstream="origin",route=""', 'upstream="",route="all"'])
    t.equal(await metric(gateway, `sallyport_bulkhead_running{${owner}}`), 0)
})

t.test('an open WebSocket counts as in flight at its endpoint, so least-connections spreads them', async (t) => {
  const sizes = [0, 0, 0]
  const origins = await Promise.all(
    sizes.map((_size, i) =>
      startUpgradeOrigin(t, (request, socket) => {
        sizes[i] = (sizes[i] ?? 0) + 1
        endWithClient(socket)
        socket.write(accept(request))
      })
    )
  )
  const urls = origins.map(({ url }) => `"${url}"`).join(', ')
  const gateway = await startGateway(
    t,
    `upstreams: { origin: { endpoints: [${urls}], loadBalancing: { algorithm: least-connections } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  const clients: RawConnection[] = []
  for (let i = 0; i < 9; i++) {
    const client = await RawConnection.open(t, gateway.port)
    client.write(`${UPGRADE}\r\n`)
    t.equal((await client.response()).status, 101)
    clients.push(client)
  }
  t.same(sizes, [3, 3, 3])
  t.equal(await inFlight(gateway, 'origin'), 9)
  for (const client of clients) client.destroy()
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
})

t.test('a breaker has its verdict with the 101: a half-open one does not wait for the end of a WebSocket', async (t) => {
  let healthy = false
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    endWithClient(socket)
    if (healthy) socket.write(accept(request))
    else socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
  })
  const breaker =
    'circuitBreaker: { failureRatio: off, consecutiveFailures: 1, openFor: 100ms, jitter: 0%, halfOpenRequests: 1 }, outlierDetection: false'
  const gateway = await startGateway(t, withRules(breaker)(origin.url))
  t.equal((await rawRequest(t, gateway.port, `${UPGRADE}\r\n`)).status, 503)
  healthy = true
  let client = await RawConnection.open(t, gateway.port)
  await eventually(async () => {
    client = await RawConnection.open(t, gateway.port)
    client.write(`${UPGRADE}\r\n`)
    return (await client.response()).status === 101
  })
  t.equal(await metric(gateway, 'sallyport_circuit_breaker_state{upstream="origin",route=""}'), 0)
  t.equal((await send(`${gateway.url}/plain`)).status, 200)
  client.destroy()
})
