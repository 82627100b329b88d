import t from 'tap'
import { readToken } from '../../plugins/jwt/token-text.ts'
import { compact, jwtBench, signatureOf } from '../support/jwks.ts'
import { SECRET, START } from './tokens.ts'

const header = '{"alg":"HS256"}'
const payload = `{"sub":"alice","exp":${START + 600}}`
const hs256 = (head: string, claims: string | Buffer) => compact(head, claims, SECRET, 'HS256')
/** Signed as it stands, whatever its parts are. */
const signed = (input: string) => `${input}.${signatureOf(input, SECRET, 'HS256').toString('base64url')}`
const encode = (text: string) => Buffer.from(text).toString('base64url')
const good = hs256(header, payload)
const [head = '', middle = '', signature = ''] = good.split('.')
/** The same bytes to a lenient reader: the last character has bits that no byte uses. */
const twin = (part: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1) ?? '') + 1]
}
// Lengths that are no multiple of three, so that there are such bits.
const loose = encode(`{"sub":"al","exp":${START + 600}}`.padEnd(43))

const refused: Readonly<Record<string, string>> = {
  'alg twice': hs256('{"alg":"HS256","alg":"HS256"}', payload),
  'alg twice, once escaped': hs256('{"alg":"HS256","\\u0061lg":"none"}', payload),
  'sub twice': hs256(header, `{"sub":"alice","exp":${START + 600},"sub":"root"}`),
  'sub twice, once escaped': hs256(header, `{"sub":"alice","exp":${START + 600},"s\\u0075b":"root"}`),
  'a member twice deep inside': hs256(header, `{"sub":"alice","exp":${START + 600},"a":[{"b":{"role":"user","role":"root"}}]}`),
  '__proto__ twice': hs256(header, `{"sub":"alice","exp":${START + 600},"__proto__":1,"__proto__":2}`),
  'a comment in JSON': hs256(header, `{"sub":"alice",/**/"exp":${START + 600}}`),
  'a comma too many': hs256(header, `{"sub":"alice","exp":${START + 600},}`),
  'a byte order mark': hs256(header, `\uFEFF${payload}`),
  'something after the object': hs256(header, `${payload}{}`),
  'a list': hs256(header, `[${payload}]`),
  null: hs256(header, 'null'),
  'a payload that is no UTF-8': hs256(
    header,
    Buffer.concat([Buffer.from(`{"exp":${START + 600},"sub":"al`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])
  ),
  'half a character in a claim': hs256(header, `{"sub":"a\\uD800","exp":${START + 600}}`),
  'half a character, the second one': hs256(header, `{"sub":"a\\udc00\\ud800","exp":${START + 600}}`),
  'half a character in a name': hs256(header, `{"sub":"alice","\\uDBFF":1,"exp":${START + 600}}`),
  'half a character deep inside': hs256(header, `{"sub":"alice","a":[{"b":"\\ud83d"}],"exp":${START + 600}}`),
  'half a character in the header': hs256('{"alg":"HS256","kid":"\\ud800"}', payload),
  'padding at the header': signed(`${encode('{"alg":"HS256"} ')}=.${middle}`),
  'padding at the payload': signed(`${head}.${middle}==`),
  'padding at the signature': `${good}=`,
  'spaces in the payload': signed(`${head}.${middle.slice(0, 8)} ${middle.slice(8)}`),
  'a line break in the header': signed(`${head.slice(0, 8)}\n${head.slice(8)}.${middle}`),
  'the alphabet of base64': signed(
    `${head}.${encode(`{"sub":"\u00ff\u00fe?>","exp":${START + 600}}`)
      .replaceAll('-', '+')
      .replaceAll('_', '/')}`
  ),
  'bits in the payload that no byte uses': signed(`${head}.${twin(loose)}`),
  'bits in the signature that no byte uses': `${head}.${middle}.${twin(signature)}`,
  'a length that no bytes have': signed(`${head}.${middle}A`),
  'a letter outside ASCII': signed(`${head}.${middle}é`),
  'no signature': `${head}.${middle}.`,
  'two parts': `${head}.${middle}`,
  'four parts': `${good}.${signature}`,
  'five parts, as of an encrypted token': `${good}.${signature}.${signature}`,
  'no header': `.${middle}.${signature}`,
  'no payload': signed(`${head}.`),
  'the JSON form': JSON.stringify({ protected: head, payload: middle, signature })
}

for (const [name, token] of Object.entries(refused)) {
  t.test(`refused: ${name}`, async (t) => {
    const { status } = await jwtBench(t, { secret: SECRET })
    t.equal(readToken(token), null)
    t.equal(await status(token), 401)
  })
}

t.test('what only looks like it is accepted', async (t) => {
  const { status } = await jwtBench(t, { secret: SECRET })
  t.equal(await status(good), 200)
  t.equal(await status(signed(`${head}.${loose}`)), 200)
  t.equal(await status(hs256(' {\n"alg" : "HS256"\t} ', ` ${payload} `)), 200)
  for (const more of [
    '"a":"x:y:{\\"sub\\":1}"',
    '"a":"\\\\","b":":"',
    '"a":"\\":\\""',
    '"a":{"sub":"root"}',
    '"a":[{"b":1},{"b":2}]',
    '"Sub":"root"',
    '"":":"',
    '"é":"\\u00e9"',
    '"\\ud83d\\uDE00":"\\uD83D\\ude00"',
    '"a":"\\\\ud800"'
  ])
    t.equal(await status(hs256(header, `{"sub":"alice","exp":${START + 600},${more}}`)), 200, more)
})

t.test('a token of more than 8 KiB is refused', async (t) => {
  const { status, count } = await jwtBench(t, { secret: SECRET })
  const ofLength = (length: number) => {
    const rest = length - good.length
    return signed(`${head}.${encode(payload.replace('}', `,"a":"${'x'.repeat(Math.floor((rest * 3) / 4) - 7)}"}`))}`)
  }
  const fits = ofLength(8192)
  t.ok(fits.length > 8180 && fits.length <= 8192)
  t.equal(await status(fits), 200)
  t.equal(await status(ofLength(8212)), 401)
  t.equal(count('malformed'), 1)
})

t.test('a text that is nested as deep as it can be is refused without harm', async (t) => {
  const { status, count } = await jwtBench(t, { secret: SECRET })
  const deep = `{"a":${'['.repeat(2900)}${']'.repeat(2900)}}`
  t.equal(await status(`${head}.${encode(deep)}.${signature}`), 401)
  t.equal(count('signature'), 1)
})
