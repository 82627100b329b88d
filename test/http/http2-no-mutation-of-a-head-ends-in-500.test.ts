import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough } from '../support/gateway.ts'
import { connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { type RawFields, RawHttp2 } from '../support/http2-raw.ts'
import { startOrigin } from '../support/origin.ts'
import { type Dice, dice } from '../support/random.ts'

const CASES = process.env['FUZZ'] === undefined ? 1_500 : 60_000
const HEADS: readonly RawFields[] = [
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/a/b?c=d'],
    [':authority', 'shop.example'],
    ['cookie', 'a=b'],
    ['cookie', 'c=d']
  ],
  [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':path', '/orders'],
    [':authority', 'shop.example'],
    ['content-length', '5'],
    ['content-type', 'text/plain']
  ],
  [
    [':method', 'PUT'],
    [':scheme', 'https'],
    [':path', '/%61'],
    ['host', '[::1]:80'],
    ['expect', '100-continue'],
    ['te', 'trailers']
  ],
  [
    [':method', 'OPTIONS'],
    [':scheme', 'https'],
    [':path', '*'],
    [':authority', 'a'],
    ['max-forwards', '1'],
    ['x_tenant', '1']
  ],
  [
    [':method', 'HEAD'],
    [':scheme', 'https'],
    [':path', '/x'],
    [':authority', 'a'],
    ['authorization', 'Bearer x'],
    ['x-forwarded-for', '1.2.3.4']
  ]
]
const TEXTS = [
  '',
  ' ',
  '\t',
  '\0',
  '\r\n',
  '\x7f',
  '\xff',
  ':',
  ';',
  ',',
  '/',
  '//',
  '\\',
  '?',
  '#',
  '@',
  '*',
  '_',
  '-',
  '0',
  '5',
  '%00',
  '%2f',
  '/../'
]
const VALUES = ['http://a/', 'GET', 'CONNECT', 'TRACE', 'get', 'https', 'trailers', 'chunked', 'close', 'websocket', '100-continue', 'x'.repeat(3000)]
const PSEUDO = [':method', ':path', ':scheme', ':authority', ':protocol', ':status']
const NAMES = [
  'host',
  'cookie',
  'te',
  'connection',
  'transfer-encoding',
  'content-length',
  'authorization',
  'expect',
  'upgrade',
  'X-A',
  'x_forwarded_for'
]
const WORDS = [...TEXTS, ...VALUES, ...PSEUDO, ...NAMES]

function mutated(luck: Dice): RawFields {
  const fields = luck.pick(HEADS).map(([name, value]) => [name, value] as [string, string])
  for (let i = luck.int(1, 2); i > 0; i--) {
    const at = luck.int(0, fields.length - 1)
    const field = fields[at] as [string, string]
    const word = luck.pick(WORDS)
    switch (luck.int(0, 5)) {
      case 0:
        fields.splice(at, 1)
        break
      case 1:
        fields.splice(luck.int(0, fields.length), 0, [...field])
        break
      case 2:
        fields.splice(at, 0, [word, luck.pick(WORDS)])
        break
      case 3:
        field[0] = luck.chance(0.5) ? word : field[0] + word
        break
      case 4:
        field[1] = word
        break
      default: {
        const cut = luck.int(0, field[1].length)
        field[1] = field[1].slice(0, cut) + word + field[1].slice(cut)
      }
    }
    if (fields.length === 0) fields.push(['x', 'y'])
  }
  return fields
}

if (CASES > 1_500) t.setTimeout(900_000)

t.test(`${CASES} mutated requests are answered with a cause or reset, never with 500, and the gateway lives`, async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const broken: string[] = []
  const origin = await startOrigin(t, (request, response) => {
    request
      .on('error', () => {})
      .resume()
      .on('end', () => response.end('fine'))
  })
  origin.server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code?.startsWith('HPE_') === true && error.code !== 'HPE_INVALID_EOF_STATE') broken.push(error.code)
    socket.destroy()
  })
  const gateway = await startHttp2Gateway(t, `clientTimeouts: { bodyIdle: 1s }\n${passThrough(origin.url)}`)
  const seen = new Map<number, number>()
  let left = CASES
  const run = async (): Promise<void> => {
    let client = await RawHttp2.open(t, gateway.port)
    while (left-- > 0) {
      if (client.closed || client.goaway !== null) client = await RawHttp2.open(t, gateway.port)
      const fields = mutated(luck)
      const hasBody = luck.chance(0.4)
      const stream = client.send(fields, hasBody)
      if (hasBody) client.data(stream, 'hello')
      const { status, body } = await client.answer(stream)
      seen.set(status, (seen.get(status) ?? 0) + 1)
      const isRight = status < 500 || status === 501
      const hasCause = status < 300 || body === '' || (JSON.parse(body) as { code: string }).code.startsWith('SP_')
      if (!isRight || !hasCause) t.fail(`${status}: ${JSON.stringify(fields)}`)
    }
  }
  await Promise.all([run(), run(), run(), run()])
  t.same(broken, [], 'no upstream was sent what it could not read')
  for (const status of [0, 200, 400, 501]) t.ok((seen.get(status) ?? 0) > 10, `${status}: ${seen.get(status)}`)
  t.match(await fetchHttp2(connectHttp2(t, gateway.port)), { status: 200, text: 'fine' })
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  t.equal(await gateway.gateway.close(), 0, 'no request is left')
})
