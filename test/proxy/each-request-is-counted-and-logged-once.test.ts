import Fastify from 'fastify'
import httpProxy from '@fastify/http-proxy'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { metric } from '../support/admin.ts'

t.test('a default proxy adds two routes and logs two lines a request', async (t) => {
  const origin = await startRecordingOrigin(t)
  const lines: string[] = []
  const urls: string[] = []
  const app = Fastify({
    logger: {
      level: 'info',
      stream: {
        write: (line: string) => {
          lines.push(line)
        }
      }
    }
  })
  app.addHook('onRoute', (route) => {
    if (!urls.includes(route.url)) urls.push(route.url)
  })
  await app.register(httpProxy, { upstream: origin.url })
  await app.ready()
  t.teardown(() => app.close())
  t.same(urls, ['/', '/*'])
  await app.inject('/')
  t.equal(lines.filter((line) => /incoming request|request completed/.test(line)).length, 2)
})

t.test('the gateway logs one line, counts one request, and limits it once whatever its path', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url, '    plugins: { rate-limit: { limit: 2, window: 1h, by: route } }'))
  const statuses: number[] = []
  for (const path of ['/', '/a', '/a/b', '/']) statuses.push((await send(gateway.url + path)).status)
  t.same(statuses, [200, 200, 429, 429])
  await eventually(() => gateway.log.filter((line) => line.msg === 'request').length === 4)
  t.equal(await metric(gateway, 'sallyport_http_requests_total{route="all",method="GET",status="200"}'), 2)
  t.equal(await metric(gateway, 'sallyport_http_requests_total{route="all",method="GET",status="429"}'), 2)
})
