import t from 'tap'
import { findCredentials } from '../../plugins/basic-auth/find-credentials.ts'

const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64')
const find = (...values: readonly string[]) => findCredentials(['Host', 'shop.example', ...values.flatMap((value) => ['AUTHORIZATION', value])])

t.test('credentials are what one exact spelling of them says', async (t) => {
  t.strictSame(find(`Basic ${base64('alice:se:cret')}`), { username: 'alice', password: 'se:cret' }, 'the first colon divides')
  t.strictSame(find(`bAsIc  ${base64('alice:')}`), { username: 'alice', password: '' })
  t.strictSame(find(`Basic ${base64('\ufeffa:\u00e4')}`), { username: '\ufeffa', password: 'ä' }, 'a byte order mark is a character')
  t.strictSame(find(`Basic ${base64('a\u0308:')}`), { username: 'ä', password: '' }, 'in form NFC')
})

t.test('what is not strictly base64 of UTF-8 with a colon is malformed', async (t) => {
  t.equal(base64('al:b'), 'YWw6Yg==')
  for (const text of ['YWw6Yg', 'YWw6Yg=', 'YWw6Yh==', 'YWw6Yg==x', 'YWw6 Yg==', 'YWw6Yg== YWw6Yg==', '=', '', '!!!!']) {
    t.equal(find(`Basic ${text}`), 'malformed', text)
  }
  t.equal(base64('~~:~?'), 'fn46fj8=')
  t.equal(find(`Basic ${base64(Buffer.from('ÿÿ:ÿ?', 'latin1')).replaceAll('/', '_')}`), 'malformed', 'base64url')
  t.equal(find('Basic'), 'malformed')
  t.equal(find(`Basic ${base64('alice')}`), 'malformed', 'no colon')
  t.equal(find(`Basic ${base64(Buffer.from([0x61, 0x3a, 0xe4]))}`), 'malformed', 'Latin-1')
  t.equal(find(`Basic ${base64(Buffer.from([0x61, 0x3a, 0xc0, 0x80]))}`), 'malformed', 'an overlong zero')
  for (const control of ['\u0000', '\n', '\u007f']) t.equal(find(`Basic ${base64(`a${control}:b`)}`), 'malformed')
})

t.test('another scheme is none, a second field is one too many', async (t) => {
  const value = `Basic ${base64('a:b')}`
  for (const other of ['Bearer abc', `BasicX ${base64('a:b')}`, `Basic\t${base64('a:b')}`, '']) t.equal(find(other), 'missing', other)
  t.equal(find(), 'missing')
  t.equal(find(value, value), 'repeated')
  t.equal(find('Bearer abc', value), 'repeated')
})
