import t from 'tap'
import { readAnswer } from '../support/answer-record.ts'

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`

/** Nothing that could follow would make them right, so nobody may wait for it. */
const FAULTY_BEGINNINGS: readonly string[] = [
  'h',
  'HTTP/2',
  'R',
  'HTTP/1.1 200 OK\n',
  'HTTP/1.1 200 O\rK',
  `${OK}X: y\n`,
  `${OK}X: y\ry`,
  `${OK}X: ${'y'.repeat(65_517)}`,
  `${CHUNKED}2\n`,
  `${CHUNKED}2\rx`,
  `${CHUNKED}2;${'x'.repeat(8191)}`,
  `${CHUNKED}2\r\nhix`,
  `${CHUNKED}2\r\nhi\rx`,
  `${CHUNKED}0\r\n\n`,
  `${CHUNKED}0\r\nX: y\n`,
  `${CHUNKED}0\r\nX: ${'y'.repeat(65_534)}`
]

t.test('a faulty answer is refused as soon as it shows', (t) => {
  for (const bytes of FAULTY_BEGINNINGS) {
    const name = JSON.stringify(bytes.slice(-20))
    t.equal(readAnswer([bytes]).at(-1), 'fault', name)
    t.equal(readAnswer(bytes.slice(0, 200).split('')).at(-1) === 'fault', bytes.length <= 200, `${name}, byte by byte`)
    t.not(readAnswer([bytes.slice(0, -1)]).at(-1), 'fault', `${name} without its last byte`)
  }
  t.end()
})
