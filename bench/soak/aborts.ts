// Clients that go away before the head of their answer, 150 and then 1000 at once: nothing of them may stay behind.
import http from 'node:http'
import { writeFileSync } from 'node:fs'
import { eventually, send } from '../../test/support/client.ts'
import { HEAD, metric, Scene } from './kit.ts'

await Scene.run('aborts', async (scene) => {
  let hanging = 0
  const origin = await scene.origin((request, response) => {
    if (request.url !== '/hang') {
      response.end('served')
      return
    }
    hanging++
    response.once('close', () => hanging--)
  })
  writeFileSync(
    scene.file,
    `${HEAD}telemetry: { log: { access: false } }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  const gateway = await scene.gateway()
  const inFlight = async () => {
    const [upstream] = (await send(`${gateway.adminUrl}/upstreams`)).json() as { endpoints: { inFlight: number }[] }[]
    return upstream?.endpoints[0]?.inFlight
  }

  for (const count of [150, 1000]) {
    const requests = Array.from({ length: count }, () => http.get(`${gateway.url}/hang`, { agent: false }).on('error', () => {}))
    await eventually(() => hanging === count, 30_000)
    scene.expect(`${count} requests wait upstream, in flight ${await inFlight()}`, (await inFlight()) === count)
    const gone = requests.map((request) => new Promise((resolve) => request.once('close', resolve)))
    for (const request of requests) request.destroy()
    await Promise.all(gone)
    const from = performance.now()
    await eventually(async () => hanging === 0 && (await inFlight()) === 0, 10_000).catch(() => {})
    const tookMs = Math.round(performance.now() - from)
    scene.expect(`after ${tookMs} ms: waiting upstream ${hanging}, in flight ${await inFlight()}`, hanging === 0 && (await inFlight()) === 0)
    const gauge = await metric(gateway, 'sallyport_upstream_in_flight{upstream="origin"}')
    scene.expect(`upstream_in_flight ${gauge}`, gauge === 0)
    const open = await metric(gateway, 'sallyport_connections_open{listener="127.0.0.1:0"}')
    scene.expect(`connections_open ${open}`, open === 0)
    const before = performance.now()
    const { status } = await send(gateway.url)
    scene.expect(`the next request: ${status} in ${Math.round(performance.now() - before)} ms`, status === 200)
  }
  const aborted = await metric(gateway, 'sallyport_http_requests_total{route="all",method="GET",status="499"}')
  scene.expect(`${aborted} counted as 499`, aborted === 1150)
})
