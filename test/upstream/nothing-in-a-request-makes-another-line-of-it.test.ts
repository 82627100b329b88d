import t from 'tap'
import type { UpstreamRequest } from '../../src/proxy/ports.ts'
import { type RequestHead, requestHead as writeHead, type RequestLines } from '../../src/upstream/http1/request-head.ts'

const REQUEST: UpstreamRequest = { method: 'GET', target: '/a?b', headers: ['host', 'a', 'X-B', 'c\td\xe9'], body: null, upgrade: null }
/** Of all requests here: what was written before makes nothing else right. */
const known: RequestLines = []
const requestHead = (request: UpstreamRequest): RequestHead => writeHead(request, known)
const EVIL = ['\r\nX-Evil: 1', '\nX-Evil: 1', '\r', '\0', '\x01', '\x7f', '\u0100', '\u010d\u010aX-Evil: 1']

t.test('a request is written as it is', (t) => {
  t.same(requestHead(REQUEST), { text: 'GET /a?b HTTP/1.1\r\nhost: a\r\nX-B: c\td\xe9\r\nconnection: keep-alive\r\n\r\n', length: 0 })
  t.match(requestHead({ ...REQUEST, method: 'POST' }).text, /\r\ncontent-length: 0\r\n\r\n$/)
  t.match(requestHead({ ...REQUEST, upgrade: 'websocket' }).text, /\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n$/)
  t.equal(requestHead({ ...REQUEST, method: 'REPORT' }).text.slice(0, 7), 'REPORT ')
  t.end()
})

t.test('nothing in a request makes another line of it', (t) => {
  for (const evil of EVIL) {
    const name = JSON.stringify(evil)
    t.throws(() => requestHead({ ...REQUEST, method: `GET${evil}` }), TypeError, `method ${name}`)
    t.throws(() => requestHead({ ...REQUEST, target: `/${evil}` }), TypeError, `target ${name}`)
    t.throws(() => requestHead({ ...REQUEST, headers: ['host', 'a', `X${evil}`, 'b'] }), TypeError, `name ${name}`)
    t.throws(() => requestHead({ ...REQUEST, headers: ['host', 'a', 'X', `b${evil}`] }), TypeError, `value ${name}`)
    t.throws(() => requestHead({ ...REQUEST, headers: ['host', `a${evil}`] }), TypeError, `host ${name}`)
  }
  for (const target of ['', '/a b', '/a\t']) t.throws(() => requestHead({ ...REQUEST, target }), TypeError, JSON.stringify(target))
  for (const method of ['', 'G T', 'GET/']) t.throws(() => requestHead({ ...REQUEST, method }), TypeError, JSON.stringify(method))
  for (const name of ['', 'a b', 'a:', 'a: b', 'a\x80'])
    t.throws(() => requestHead({ ...REQUEST, headers: ['host', 'a', name, 'b'] }), TypeError, JSON.stringify(name))
  t.end()
})

t.test('nor does anything in a long value, which is looked through in another way', (t) => {
  const long = 'v'.repeat(600)
  for (const evil of EVIL.filter((text) => !['\x01', '\x7f'].includes(text))) {
    const name = JSON.stringify(evil)
    for (const value of [`${evil}${long}`, `${long}${evil}${long}`, `${long}${evil}`])
      t.throws(() => requestHead({ ...REQUEST, headers: ['host', 'a', 'X', value] }), TypeError, `value ${name}`)
    t.throws(() => requestHead({ ...REQUEST, headers: ['host', 'a', `X${evil}`, long] }), TypeError, `name ${name}`)
  }
  t.match(requestHead({ ...REQUEST, headers: ['host', 'a', 'X', `${long}\t\xe9`] }).text, `X: ${long}\t\xe9\r\n`)
  t.end()
})

t.test('a length that is none, or one of two, is not sent', (t) => {
  const withLength = (...headers: string[]): UpstreamRequest => ({ ...REQUEST, method: 'POST', headers, body: {} as never })
  t.match(requestHead(withLength('Content-Length', '12')).text, /\r\ncontent-length: 12\r\n\r\n$/)
  t.match(requestHead(withLength()).text, /\r\ntransfer-encoding: chunked\r\n\r\n$/)
  for (const length of ['', '+1', '1,1', '-1', '0x1', '1e3', '9'.repeat(17)])
    t.throws(() => requestHead(withLength('content-length', length)), TypeError, length)
  t.throws(() => requestHead(withLength('content-length', '1', 'Content-Length', '1')), TypeError)
  t.end()
})
