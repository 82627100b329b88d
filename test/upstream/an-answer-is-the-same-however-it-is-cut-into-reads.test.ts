import t from 'tap'
import { type AskedFor, readAnswer } from '../support/answer-record.ts'
import { dice } from '../support/random.ts'

const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
const CONTINUE = 'HTTP/1.1 100 Continue\r\nA: b\r\n\r\n'
const CHUNKED = 'Transfer-Encoding: chunked\r\n'

const ANSWERS: readonly (readonly [bytes: string, asked: AskedFor, told: readonly string[]])[] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', {}, ['head 200 OK Content-Length|5', 'body hello', 'end  persistent']],
  ['HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', {}, ['head 200  Content-Length|0', 'end  persistent']],
  ['\r\nHTTP/1.1 200 \r\nX-A: b \r\nContent-Length:\t5\t \r\n\r\nhello', {}, ['head 200  X-A|b|Content-Length|5', 'body hello', 'end  persistent']],
  [`${CONTINUE}${HINTS}${CONTINUE}HTTP/1.1 204 x\r\n\r\n`, {}, ['interim 103 Link|</a>', 'head 204 x ', 'end  persistent']],
  [
    `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n3\r\nabc\r\n0A;x="y\\"z";b\r\n0123456789\r\n000\r\n\r\n`,
    {},
    [`head 200 OK Transfer-Encoding|chunked`, 'body abc0123456789', 'end  persistent']
  ],
  [
    `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n1\r\n\n\r\n0\r\nA: b\r\nC:\r\n\r\n`,
    {},
    [`head 200 OK Transfer-Encoding|chunked`, 'body \n', 'end A|b|C| persistent']
  ],
  [
    'HTTP/1.1 200 \xe9\t\x80\r\nX:\xff\r\n\r\nuntil\r\nthe end',
    { closes: true },
    ['head 200 \xe9\t\x80 X|\xff', 'body until\r\nthe end', 'end  last']
  ],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', { method: 'HEAD' }, ['head 200 OK Content-Length|5', 'end  persistent']],
  [`HTTP/1.1 304 x\r\n${CHUNKED}\r\n`, {}, ['head 304 x Transfer-Encoding|chunked', 'end  persistent']],
  [
    'HTTP/1.1 200 OK\r\nConnection: a, Close\r\nContent-Length: 1\r\n\r\nx',
    {},
    ['head 200 OK Connection|a, Close|Content-Length|1', 'body x', 'end  last']
  ],
  ['HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', {}, ['head 200 OK Content-Length|1', 'body x', 'end  last']],
  [
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx',
    {},
    ['head 200 OK Connection|keep-alive|Content-Length|1', 'body x', 'end  persistent']
  ],
  ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello', { closes: true }, ['head 200 OK Content-Length|9', 'incomplete']],
  ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhixx', {}, ['head 200 OK Content-Length|2', 'body hi', 'end  persistent', 'fault']],
  ['HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n', {}, ['interim 101 Connection|Upgrade|Upgrade|a']]
]

t.test('an answer is the same however it is cut into reads', (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  for (const [bytes, asked, told] of ANSWERS) {
    t.same(readAnswer([bytes], asked), told, JSON.stringify(bytes))
    t.same(readAnswer(bytes.split(''), asked), told, `${JSON.stringify(bytes)}, byte by byte`)
    for (let i = 0; i < 50; i++) {
      const pieces: string[] = []
      for (let at = 0; at < bytes.length; at += (pieces.at(-1) as string).length) pieces.push(bytes.slice(at, at + luck.int(1, 30)))
      t.strictSame(readAnswer(pieces, asked), told, JSON.stringify(pieces))
    }
  }
  t.end()
})

t.test('bytes behind a switch of protocols are the other protocol, as they came', (t) => {
  const head = 'HTTP/1.1 101 x\r\nConnection: x, Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const told = 'switch Connection|x, Upgrade|Upgrade|websocket'
  t.same(readAnswer([`${head}HTTP/1.1 100 x\r\n`], { isSwitch: true }), [`${told} HTTP/1.1 100 x\r\n`])
  t.same(readAnswer(head.split(''), { isSwitch: true }), [`${told} `])
  t.same(readAnswer(['HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n'], { isSwitch: true }), ['fault'])
  t.same(readAnswer(['HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n'], { isSwitch: true }), ['fault'])
  t.end()
})
