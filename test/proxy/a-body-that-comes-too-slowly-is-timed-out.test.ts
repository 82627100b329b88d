import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway, type TestGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin, startRecordingOrigin } from '../support/origin.ts'
import { field, RawConnection, rawRequest } from '../support/raw-client.ts'

const RATE = 240
const upload = (bytes: number, path = '/'): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`
const STREAMED = '  - { name: streamed, match: { path: /streamed }, upstream: origin, bufferRequestBody: off }'

/** Lets so many seconds pass; before each, what was written has been read. */
async function pass(gateway: TestGateway, clock: FakeClock, seconds: number, each: (second: number) => void = () => {}): Promise<void> {
  for (let second = 1; second <= seconds; second++) {
    each(second)
    await rawRequest(t, gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    clock.advance(1000)
  }
}

t.test('a body below 240 B/s ends with 408 after a grace of 5 s, and nobody is blamed', async (t) => {
  const origin = await startRecordingOrigin(t)
  const clock = new FakeClock()
  const gateway = await startGateway(t, passThrough(origin.url, STREAMED), { clock })
  for (const path of ['/', '/streamed']) {
    const client = await RawConnection.open(t, gateway.port)
    client.write(upload(100_000, path))
    await pass(gateway, clock, 5)
    t.equal(client.pending, 0, `${path}: not before`)
    t.equal(await inFlight(gateway, 'origin'), path === '/' ? 0 : 1)
    await pass(gateway, clock, 3, () => client.write('x'.repeat(10)))
    const answer = await client.response()
    t.equal(answer.status, 408)
    t.equal((JSON.parse(answer.body.toString()) as { code: string }).code, 'SP_REQUEST_TIMEOUT')
    t.equal(field(answer.fields, 'connection'), 'close')
    await client.closed()
    await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  }
  const lines = gateway.log.filter((line) => line['msg'] === 'request' && line['status'] === 408)
  t.match(lines, [{ code: 'SP_REQUEST_TIMEOUT' }, { code: 'SP_REQUEST_TIMEOUT', outcome: 'client-abort' }])
  t.notOk(gateway.log.some((line) => line['msg'] === 'upstream attempt failed' || line['msg'] === 'endpoint ejected'))
  const metrics = await scrape(gateway.adminUrl)
  t.equal(metrics.get('sallyport_client_timeouts_total{kind="upload-rate"}'), 2)
  t.equal(metrics.get('sallyport_client_timeouts_total{kind="body"}'), 0, 'all kinds are there from the start')
})

t.test('a steady body just above the rate, and a burst with a pause behind it, pass', async (t) => {
  const origin = await startRecordingOrigin(t, ({ body }, response) => response.end(String(body.length)))
  const clock = new FakeClock()
  const gateway = await startGateway(t, passThrough(origin.url), { clock })
  const [steady, burst] = [await RawConnection.open(t, gateway.port), await RawConnection.open(t, gateway.port)]
  steady.write(upload((RATE + 10) * 30))
  burst.write(upload(RATE * 20 + 1))
  burst.write('x'.repeat(RATE * 20))
  await pass(gateway, clock, 30, (second) => {
    if (second === 20) burst.write('x')
    steady.write('x'.repeat(RATE + 10))
  })
  t.equal((await steady.response()).body.toString(), String((RATE + 10) * 30))
  t.equal((await burst.response()).body.toString(), String(RATE * 20 + 1), 'twenty seconds of bytes pay for twenty seconds of silence')
})

t.test('what was sent before pays for bodyIdle at the most', async (t) => {
  const origin = await startRecordingOrigin(t)
  const clock = new FakeClock()
  const gateway = await startGateway(t, passThrough(origin.url), { clock })
  const client = await RawConnection.open(t, gateway.port)
  client.write(upload(60_000))
  client.write('x'.repeat(50_000))
  await pass(gateway, clock, 29)
  t.equal(client.pending, 0)
  await pass(gateway, clock, 3)
  t.equal((await client.response()).status, 408)
})

t.test('time in which the upstream does not read is not the client’s', async (t) => {
  const size = 8 * 1024 * 1024
  let resume = (): void => {}
  const origin = await startOrigin(t, (request, response) => {
    if (request.method === 'GET') return void response.end()
    request.pause()
    resume = () => request.resume().on('end', () => response.end('whole'))
  })
  const clock = new FakeClock()
  const gateway = await startGateway(t, passThrough(origin.url).replace('response: 5s', 'response: 5m'), { clock })
  const client = await RawConnection.open(t, gateway.port)
  client.write(upload(size))
  client.write(Buffer.alloc(size))
  await eventually(async () => (await inFlight(gateway, 'origin')) === 1)
  await pass(gateway, clock, 60)
  t.equal(client.pending, 0, 'no answer yet')
  resume()
  t.equal((await client.response()).body.toString(), 'whole')
})

t.test('the rest of a body that nobody wants must come as quickly', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    if (request.method === 'GET') response.end()
    else request.once('data', () => response.writeHead(403, { 'content-length': 0 }).end())
  })
  const clock = new FakeClock()
  const gateway = await startGateway(t, passThrough(origin.url, STREAMED), { clock })
  const client = await RawConnection.open(t, gateway.port)
  client.write(upload(1_000, '/streamed'))
  client.write('x')
  const answer = await client.response()
  t.equal(answer.status, 403)
  t.equal(field(answer.fields, 'connection'), 'keep-alive', 'the rest is small enough to be read')
  await pass(gateway, clock, 8)
  await client.closed()
})

t.test('off leaves slow bodies alone', async (t) => {
  const origin = await startRecordingOrigin(t)
  const clock = new FakeClock()
  const gateway = await startGateway(t, `clientTimeouts: { minUploadRate: off }\n${passThrough(origin.url)}`, { clock })
  const client = await RawConnection.open(t, gateway.port)
  client.write(upload(2))
  await pass(gateway, clock, 40)
  client.write('ok')
  t.equal((await client.response()).status, 200)
})
