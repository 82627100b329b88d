import t from 'tap'
import { AnswerReader } from '../../bench/drive/answer-reader.ts'

const answer = Buffer.from('HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello')

t.test('an answer ends with its last byte, wherever the network cuts it', (t) => {
  const reader = new AnswerReader()
  for (let cut = 1; cut < answer.length; cut++) {
    t.equal(reader.read(answer.subarray(0, cut)), false)
    t.equal(reader.read(answer.subarray(cut)), true, `cut after ${cut} bytes`)
  }
  t.equal(reader.status, 201)
  t.throws(() => reader.read(Buffer.concat([answer, Buffer.from('x')])), /more bytes/)
  t.throws(() => new AnswerReader().read(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')), /without a length/)
  t.end()
})
