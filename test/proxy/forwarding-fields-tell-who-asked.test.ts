import t from 'tap'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { type SeenRequest, startRecordingOrigin } from '../support/origin.ts'
import { fieldsOf, rawRequest } from '../support/raw-client.ts'

const CLAIMS = [
  'X-Forwarded-For: 203.0.113.7',
  'X-Forwarded-For: 10.1.1.1',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: claimed.example',
  'X-Forwarded-Port: 443',
  'X-Forwarded-User: root',
  'Forwarded: for=203.0.113.7',
  'X-Real-IP: 203.0.113.7'
]

async function seenWith(t: Teardown, top: string, fields: readonly string[]): Promise<{ seen: SeenRequest; port: number; client: unknown }> {
  const origin = await startRecordingOrigin(t)
  const { port, log } = await startGateway(t, `${top}\n${passThrough(origin.url)}`)
  await rawRequest(t, port, `GET / HTTP/1.1\r\nHost: shop.example:81\r\n${fields.map((line) => `${line}\r\n`).join('')}\r\n`)
  const seen = origin.seen[0] as SeenRequest
  return { seen, port, client: log.find((line) => line.msg === 'request')?.client }
}

t.test('what an untrusted peer says of others is replaced or dropped', async (t) => {
  const {
    seen: { rawHeaders },
    port,
    client
  } = await seenWith(t, '', CLAIMS)
  t.same(fieldsOf(rawHeaders, 'x-forwarded-for'), ['127.0.0.1'])
  t.same(fieldsOf(rawHeaders, 'x-forwarded-proto'), ['http'])
  t.same(fieldsOf(rawHeaders, 'x-forwarded-host'), ['shop.example:81'])
  t.same(fieldsOf(rawHeaders, 'x-forwarded-port'), [String(port)])
  for (const name of ['x-forwarded-user', 'forwarded', 'x-real-ip']) t.same(fieldsOf(rawHeaders, name), [], name)
  t.equal(client, '127.0.0.1')
})

t.test('what a trusted peer says is extended and passed on', async (t) => {
  const {
    seen: { rawHeaders },
    client
  } = await seenWith(t, 'trustedProxies: [127.0.0.1]', CLAIMS)
  t.same(fieldsOf(rawHeaders, 'x-forwarded-for'), ['203.0.113.7, 10.1.1.1, 127.0.0.1'])
  t.same(fieldsOf(rawHeaders, 'x-forwarded-proto'), ['https'])
  t.same(fieldsOf(rawHeaders, 'x-forwarded-host'), ['claimed.example'])
  t.same(fieldsOf(rawHeaders, 'x-forwarded-port'), ['443'])
  t.equal(client, '10.1.1.1', 'the first address that is not trusted, from the right')
})

t.test('behind two trusted proxies the client is the address before them', async (t) => {
  const { client } = await seenWith(t, 'trustedProxies: [127.0.0.1, 10.0.0.0/8]', CLAIMS)
  t.equal(client, '203.0.113.7')
})

t.test('what stands left of an untrusted address is never believed', async (t) => {
  const { client } = await seenWith(t, 'trustedProxies: [127.0.0.1]', ['X-Forwarded-For: 127.0.0.1, 192.0.2.66'])
  t.equal(client, '192.0.2.66')
})
