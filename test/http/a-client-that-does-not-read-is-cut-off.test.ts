import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import https from 'node:https'
import t, { type Test } from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway, type TestGateway } from '../support/gateway.ts'
import { connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { pluginThat, planWith } from '../support/plan.ts'
import { RawConnection } from '../support/raw-client.ts'

const MIB = 1024 * 1024
/** More than the buffers of the system and of both ends take in. */
const LARGE = 32 * MIB

/** `/events` sends an event when it is told to, anything else is answered with a large body. */
async function startSource(t: Test) {
  const events: ServerResponse[] = []
  const origin = await startOrigin(t, (request, response) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
      return void events.push(response)
    }
    let left = LARGE / MIB
    const more = (): void => {
      while (left > 0 && response.write(Buffer.alloc(MIB, left--))) continue
      if (left === 0) response.end()
    }
    response.writeHead(200, { 'content-length': LARGE }).on('drain', more)
    more()
  })
  return { url: origin.url, events }
}

/** A client that asks and does not read. */
async function ask(t: Test, gateway: TestGateway, path: string): Promise<RawConnection> {
  const client = await RawConnection.open(t, gateway.port)
  client.socket.pause()
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  return client
}

const logged = (gateway: TestGateway, path: string) => gateway.log.find((line) => line['msg'] === 'request' && line['path'] === path)

/** Seconds until it holds; between two of them there is time for what is on its way. */
async function secondsUntil(clock: FakeClock, gateway: TestGateway, holds: () => boolean, most = 150): Promise<number> {
  for (let second = 0; second < most; second++) {
    if (holds()) return second
    await scrape(gateway.adminUrl)
    clock.advance(1000)
  }
  return most
}

t.test('an answer that its client does not read ends after clientTimeouts.writeStall, and its upstream is let go', async (t) => {
  const { url } = await startSource(t)
  const clock = new FakeClock()
  const gateway = await startGateway(t, passThrough(url), { clock })
  await ask(t, gateway, '/stalled')
  await eventually(async () => (await inFlight(gateway, 'origin')) === 1)
  const seconds = await secondsUntil(clock, gateway, () => logged(gateway, '/stalled') !== undefined)
  t.ok(seconds > 60 && seconds < 120, `${seconds} s`)
  t.match(logged(gateway, '/stalled'), { status: 200, code: 'SP_CLIENT_STALLED', outcome: 'client-abort' })
  t.equal(await inFlight(gateway, 'origin'), 0)
  t.equal((await scrape(gateway.adminUrl)).get('sallyport_client_timeouts_total{kind="write-stall"}'), 1)
  t.equal((await scrape(gateway.adminUrl)).get('sallyport_connections_open{listener="127.0.0.1:0"}'), 0)
  t.notOk(gateway.log.some((line) => line['msg'] === 'upstream attempt failed'))
})

t.test('so does an answer that was handed over whole', async (t) => {
  const clock = new FakeClock()
  const plugin = pluginThat('answers', (app) => {
    app.addHook('onRequest', (_request, reply) => {
      void reply.send(Buffer.alloc(LARGE))
    })
  })
  const gateway = await startGateway(t, '', { clock, plan: planWith(passThrough('http://127.0.0.1:1', '    plugins: { answers: {} }'), [plugin]) })
  await ask(t, gateway, '/whole')
  const seconds = await secondsUntil(clock, gateway, () => logged(gateway, '/whole') !== undefined)
  t.ok(seconds > 60 && seconds < 120, `${seconds} s`)
  t.match(logged(gateway, '/whole'), { status: 200, code: 'SP_CLIENT_STALLED' })
})

t.test('a client that reads now and then, and a stream that is silent, are left alone', async (t) => {
  const { url, events } = await startSource(t)
  const clock = new FakeClock()
  // Seconds of this clock are milliseconds of the system's, which lets an upstream wait for many before it goes on.
  const gateway = await startGateway(t, passThrough(url).replace('idle: 5s', 'idle: 1h'), { clock })
  const [slow, listening] = [await ask(t, gateway, '/slow'), await ask(t, gateway, '/events')]
  listening.socket.resume()
  await eventually(() => listening.pending > 0)
  for (let read = 0; slow.pending < LARGE; read = slow.pending) {
    slow.socket.resume()
    await eventually(() => slow.pending >= Math.min(LARGE, read + 6 * MIB))
    slow.socket.pause()
    await secondsUntil(clock, gateway, () => false, 40)
  }
  slow.socket.resume()
  const answer = await slow.response()
  t.equal(answer.body.length, LARGE, 'after four minutes and more')
  events[0]?.end('data: last\n\n')
  t.equal((await listening.response()).body.toString(), 'data: first\n\ndata: last\n\n')
})

t.test('off never cuts', async (t) => {
  const { url } = await startSource(t)
  const clock = new FakeClock()
  const gateway = await startGateway(t, `clientTimeouts: { writeStall: off }\n${passThrough(url)}`, { clock })
  const client = await ask(t, gateway, '/stalled')
  await secondsUntil(clock, gateway, () => logged(gateway, '/stalled') !== undefined, 150)
  client.socket.resume()
  t.equal((await client.response()).body.length, LARGE)
})

t.test('of HTTP/2 only the stream is cut whose window stays shut, over TLS otherwise the connection', async (t) => {
  const { url } = await startSource(t)
  const clock = new FakeClock()
  const gateway = await startHttp2Gateway(t, passThrough(url), '', { clock })
  const session = connectHttp2(t, gateway.port)
  const stream = session.request({ ':path': '/stream' })
  let code = 0
  stream.on('error', () => {}).on('close', () => (code = stream.rstCode ?? 0))
  await eventually(async () => (await inFlight(gateway, 'origin')) === 1)
  const seconds = await secondsUntil(clock, gateway, () => logged(gateway, '/stream') !== undefined)
  t.ok(seconds > 60 && seconds < 120, `${seconds} s`)
  t.match(logged(gateway, '/stream'), { status: 200, code: 'SP_CLIENT_STALLED', outcome: 'client-abort' })
  const old = https.get({ port: gateway.port, path: '/tls', rejectUnauthorized: false, agent: false }).on('error', () => {})
  await once(old, 'response')
  await secondsUntil(clock, gateway, () => logged(gateway, '/tls') !== undefined)
  t.match(logged(gateway, '/tls'), { httpVersion: '1.1', status: 200, code: 'SP_CLIENT_STALLED', outcome: 'client-abort' })
  await eventually(() => code !== 0)
  t.match(await fetchHttp2(session, { ':path': '/again' }), { status: 200 }, 'the session is as good as before')
})
