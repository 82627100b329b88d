import t from 'tap'
import http, { type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { passThrough, startGateway } from '../support/gateway.ts'
import { scrape, seriesWith } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'

t.test('a thousand paths, hosts and methods add no series', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const { url, adminUrl } = await startGateway(t, passThrough(origin.url).replace('path: /*', 'path: /known/*, methods: [GET]'))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 10 })
  t.teardown(() => agent.destroy())
  const visit = async (method: string, path: string, host: string) => {
    const [response] = (await once(http.request(url + path, { method, agent, headers: { host } }).end(), 'response')) as [IncomingMessage]
    await response.resume().toArray()
    return response.statusCode
  }
  // CONNECT has no path, and a client that sends it expects no answer of this kind.
  const methods = http.METHODS.filter((method) => method !== 'CONNECT')
  t.equal(await visit('GET', '/known/a', 'a'), 200)
  t.equal(await visit('GET', '/unknown', 'a'), 404)
  for (const method of methods) for (const path of ['/known/a', '/unknown']) await visit(method, path, 'a')
  const before = seriesWith(await scrape(adminUrl), 'sallyport_')
  const labels = new Set(before.flatMap((series) => /^sallyport_http_requests_total.*method="(\w+)"/.exec(series)?.[1] ?? []))
  t.same([...labels].toSorted(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE', 'other'])

  const visits = Array.from({ length: 1000 }, (_, i) =>
    visit(methods[i % methods.length] as string, `/${i % 2 === 0 ? 'known' : 'un'}/${i}`, `host-${i}`)
  )
  const statuses = new Set(await Promise.all(visits))
  t.ok([200, 404, 405].every((status) => statuses.has(status)))
  t.same(seriesWith(await scrape(adminUrl), 'sallyport_'), before)
})
