import http, { type ServerResponse } from 'node:http'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { inFlight } from '../support/admin.ts'

/** An origin that never answers `/hang`. */
async function hangingOrigin(t: Teardown): Promise<Origin & { hanging: Set<ServerResponse> }> {
  const hanging = new Set<ServerResponse>()
  const origin = await startOrigin(t, (request, response) => {
    if (request.url !== '/hang') return void response.end('fine')
    hanging.add(response)
    response.once('close', () => hanging.delete(response))
  })
  return Object.defineProperty(origin, 'hanging', { value: hanging }) as Origin & { hanging: Set<ServerResponse> }
}

async function abortMany(url: string, count: number, hanging: Set<ServerResponse>, reached: number): Promise<void> {
  const requests = Array.from({ length: count }, () => {
    const request = http.get(`${url}/hang`, { agent: false })
    request.on('error', () => {})
    return request
  })
  await eventually(() => hanging.size >= reached)
  for (const request of requests) request.destroy()
  await eventually(() => requests.every((request) => request.closed))
}

t.test('128 aborted requests use up the pool of a default proxy', async (t) => {
  const origin = await hangingOrigin(t)
  const proxy = await startDefaultProxy(t, origin.url)
  await abortMany(proxy.url, 150, origin.hanging, 128)
  const blocked = send(proxy.url, { signal: AbortSignal.timeout(500) })
  await t.rejects(blocked, { code: 'ABORT_ERR' })
  t.equal(origin.hanging.size, 128)
})

t.test('the gateway cancels all 150, and the next request is answered', async (t) => {
  const origin = await hangingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  await abortMany(gateway.url, 150, origin.hanging, 150)
  await eventually(() => origin.hanging.size === 0 && origin.connections === 0)
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  t.equal((await send(gateway.url)).text, 'fine')
  t.equal(gateway.log.filter((line) => line.msg === 'request' && line.status === 499).length, 150)
})
