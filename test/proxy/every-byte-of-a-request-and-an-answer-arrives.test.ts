import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { type SeenRequest, startRecordingOrigin } from '../support/origin.ts'
import { type Dice, dice } from '../support/random.ts'
import { fieldsOf, RawConnection } from '../support/raw-client.ts'

const CASES = 200
const MiB = 1024 * 1024
const range = (low: number, high: number): string => Array.from({ length: high - low + 1 }, (_one, i) => String.fromCharCode(low + i)).join('')
const PRINTABLE = range(0x21, 0x7e)
const PATH = PRINTABLE.replace(/[\\#?/%]/g, '')
const TOKEN = "!#$%&'*+-.^_`|~" + range(0x30, 0x39) + range(0x41, 0x5a) + range(0x61, 0x7a)
/** Field values: tab, space, all visible and all latin1 characters. */
const VALUE = '\t ' + PRINTABLE + range(0x80, 0xff)

interface Message {
  readonly fields: readonly string[]
  readonly body: Buffer
  readonly chunked: boolean
}

/** Escapes of what must stay escaped; what decodes to unreserved characters is sent too, and stays as it is. */
const ESCAPES = ['%20', '%e4', '%C3%A4', '%25', '%7e', '%41', '%3F', '%23', '%7F']

function segment(dice: Dice): string {
  const text = `${dice.text(PATH, 1, 12)}${dice.chance(0.3) ? dice.pick(ESCAPES) : ''}${dice.text(PATH, 1, 4)}`
  return /^\.{1,2}(;|$)/.test(text) ? `x${text}` : text
}

function target(dice: Dice): string {
  const path = `/${Array.from({ length: dice.int(0, 5) }, () => segment(dice)).join('/')}`
  return dice.chance(0.6) ? `${path}?${dice.text(PRINTABLE, 0, 60)}` : path
}

const trimmed = (value: string): string => value.replace(/^[\t ]+|[\t ]+$/g, '')

function message(dice: Dice, more: readonly string[]): Message {
  const fields: string[] = []
  for (let i = dice.int(0, 12); i > 0; i--) fields.push(`X-${dice.text(TOKEN, 1, 20)}`, trimmed(dice.text(VALUE, 0, 40)))
  for (const name of more) if (dice.chance(0.4)) fields.push(name, dice.text(TOKEN, 1, 9), name, dice.text(TOKEN, 1, 9))
  const size = dice.chance(0.02) ? dice.int(MiB, 8 * MiB) : dice.chance(0.2) ? dice.int(10_000, 300_000) : dice.int(1, 3000)
  return { fields, body: dice.chance(0.5) ? dice.bytes(size) : Buffer.from(`\u00fc\u20ac ${'text '.repeat(size / 5)}`), chunked: dice.chance(0.5) }
}

function framed(dice: Dice, { body, chunked }: Message): Buffer {
  if (!chunked) return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body])
  const parts: Buffer[] = [Buffer.from('Transfer-Encoding: chunked\r\n\r\n')]
  for (let at = 0; at < body.length;) {
    const piece = body.subarray(at, at + dice.int(1, Math.max(1000, body.length / 3)))
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
    at += piece.length
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

const written = (fields: readonly string[]): string => fields.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')

/** What each side may add of its own: framing, connection and forwarding fields. */
const OWN = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'via',
  'date',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port'
])

const endToEnd = (fields: readonly string[]): string[] => fields.filter((_text, i) => !OWN.has((fields[i - (i % 2)] as string).toLowerCase()))

t.test(`${CASES} random requests and answers arrive byte for byte`, async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  let answer: Message = { fields: [], body: Buffer.alloc(0), chunked: false }
  let line: [number, string] = [200, 'OK']
  const origin = await startRecordingOrigin(t, (_request, response) => {
    const length = answer.chunked ? [] : ['Content-Length', String(answer.body.length)]
    response.writeHead(line[0], line[1], [...answer.fields, ...length])
    for (let at = 0; at < answer.body.length; at += 50_000) response.write(answer.body.subarray(at, at + 50_000))
    response.end()
  })
  const { port } = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, port)
  const wrong: unknown[] = []
  for (let i = 0; i < CASES; i++) {
    const method = luck.pick(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'])
    const url = target(luck)
    const request = message(luck, ['Cookie', 'Accept', 'accept-LANGUAGE'])
    answer = message(luck, ['Set-Cookie', 'Vary', 'WWW-Authenticate'])
    line = [luck.pick([200, 201, 404, 418, 500, 599]), luck.text(PRINTABLE + ' ', 0, 20).trim()]
    client.write(
      Buffer.concat([Buffer.from(`${method} ${url} HTTP/1.1\r\nHost: a.example\r\n${written(request.fields)}`, 'latin1'), framed(luck, request)])
    )
    const got = await client.response()
    const seen = origin.seen.pop() as SeenRequest
    const facts = {
      method: seen.method === method,
      url: seen.url === url,
      fields: JSON.stringify(endToEnd(seen.rawHeaders)) === JSON.stringify(request.fields),
      body: seen.body.equals(request.body),
      framing: request.chunked === fieldsOf(seen.rawHeaders, 'transfer-encoding').length > 0,
      status: got.status === line[0] && got.reason === line[1],
      answerFields: JSON.stringify(endToEnd(got.fields)) === JSON.stringify(answer.fields),
      answerBody: got.body.equals(answer.body) && got.complete,
      answerFraming: got.framing === (answer.chunked ? 'chunked' : 'length')
    }
    if (Object.values(facts).includes(false))
      wrong.push({
        i,
        url,
        facts,
        seen: seen.url,
        sent: request.fields,
        got: endToEnd(seen.rawHeaders),
        answer: answer.fields,
        gotAnswer: endToEnd(got.fields),
        line,
        status: [got.status, got.reason]
      })
  }
  t.equal(wrong.length, 0, `TEST_SEED=${luck.seed} ${JSON.stringify(wrong[0])}`)
})
