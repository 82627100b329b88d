import t from 'tap'
import http from 'node:http'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { scrape } from '../support/metrics.ts'

t.test('a client abort is told as 499 and blames no endpoint', async (t) => {
  const origin = await startHeldOrigin(t)
  const { url, adminUrl, log } = await startGateway(t, passThrough(origin.url))
  const request = http.get(`${url}/slow`, { agent: false }).on('error', () => {})
  await origin.arrived(1)
  request.destroy()

  const lines = () => log.filter((line) => line['msg'] === 'request')
  await eventually(() => lines().length === 1)
  const [line] = lines()
  t.match(line, { status: 499, outcome: 'client-abort', endpoint: origin.url, route: 'all' })
  t.notOk(line !== undefined && 'code' in line)
  t.same(
    log.filter(({ level }) => level === 'warn' || level === 'error'),
    []
  )
  const [upstream] = (await send(`${adminUrl}/upstreams`)).json()
  t.match(upstream.endpoints, [{ inFlight: 0, lastFailure: null }])
  const metrics = await scrape(adminUrl)
  t.equal(metrics.get('sallyport_http_requests_total{route="all",method="GET",status="499"}'), 1)
  t.equal(metrics.get('sallyport_upstream_requests_total{upstream="origin",outcome="client-abort"}'), 1)
})
