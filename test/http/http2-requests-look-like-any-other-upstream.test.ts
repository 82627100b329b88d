import t from 'tap'
import { fieldOf } from '../support/fields.ts'
import { passThrough } from '../support/gateway.ts'
import { connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { RawHttp2 } from '../support/http2-raw.ts'
import { type SeenRequest, startRecordingOrigin } from '../support/origin.ts'

t.test('fields arrive without pseudo fields, cookies as one, and the gateway tells what it was asked', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const client = await RawHttp2.open(t, gateway.port)
  const get = async (...fields: [string, string][]): Promise<SeenRequest> => {
    const stream = client.send([[':method', 'GET'], [':scheme', 'https'], [':path', '/a%20b?c=%zz&d'], ...fields])
    t.equal((await client.answer(stream)).status, 200)
    return origin.seen.at(-1) as SeenRequest
  }
  const { url, method, rawHeaders } = await get(
    [':authority', 'shop.example:444'],
    ['cookie', 'a=1'],
    ['x-bytes', '\xe4\xf6'],
    ['cookie', 'b=2'],
    ['te', 'trailers'],
    ['via', '1.1 edge'],
    ['x-twice', '1'],
    ['x-twice', '2'],
    ['cookie', 'c=3']
  )
  t.same([method, url], ['GET', '/a%20b?c=%zz&d'])
  t.same(fieldOf(rawHeaders, 'cookie'), ['a=1; b=2; c=3'])
  t.same(fieldOf(rawHeaders, 'x-bytes'), ['\xe4\xf6'])
  t.same(fieldOf(rawHeaders, 'x-twice'), ['1', '2'])
  t.same(fieldOf(rawHeaders, 'te'), [])
  t.same(fieldOf(rawHeaders, 'via'), ['1.1 edge', '2.0 sallyport'])
  t.same(fieldOf(rawHeaders, 'x-forwarded-proto'), ['https'])
  t.same(fieldOf(rawHeaders, 'x-forwarded-host'), ['shop.example:444'])
  t.same(
    rawHeaders.filter((_text, i) => i % 2 === 0 && rawHeaders[i]?.startsWith(':') === true),
    []
  )
  t.same(fieldOf(rawHeaders, 'transfer-encoding'), [], 'nothing is announced where no body follows')
  for (const fields of [
    [['host', 'a']],
    [
      [':authority', 'a'],
      ['host', 'A']
    ]
  ] as [string, string][][]) {
    t.same(fieldOf((await get(...fields)).rawHeaders, 'x-forwarded-host'), ['a'])
  }
})

t.test('bodies arrive whole, with and without a length, and an expectation is answered', async (t) => {
  const origin = await startRecordingOrigin(t, (request, response) => void response.end(String(request.body.length)))
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const session = connectHttp2(t, gateway.port)
  const large = Buffer.alloc(3_000_000, 'x')
  const post = (fields: Record<string, string>, body?: string | Buffer) => fetchHttp2(session, { ':method': 'POST', ...fields }, body)
  const answers = await Promise.all([post({}, large), post({ 'content-length': '5' }, 'hello'), post({}, ''), post({})])
  t.same(
    answers.map(({ status, text, code }) => [status, text, code]),
    [
      [200, '3000000', 0],
      [200, '5', 0],
      [200, '0', 0],
      [200, '0', 0]
    ]
  )
  const sent = origin.seen.find(({ body }) => body.length === 5) as SeenRequest
  t.same([fieldOf(sent.rawHeaders, 'content-length'), fieldOf(sent.rawHeaders, 'transfer-encoding')], [['5'], []])
  const invited = await post({ expect: '100-continue' }, 'hello')
  t.same([invited.text, invited.interim.map((fields) => fields[':status'])], ['5', [100]])
  t.match(await post({ expect: 'x' }, 'hello'), { text: '5', interim: [] }, 'any other is ignored')
  t.match(await fetchHttp2(session, { ':method': 'OPTIONS', ':path': '*' }), { status: 200 })
})
