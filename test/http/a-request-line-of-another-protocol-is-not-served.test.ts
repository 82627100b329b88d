import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { expectRefusal } from '../support/refused.ts'

// Node's parser knows them and tells nobody that the version is not one of HTTP (RFC 9112 section 2.3).
const LINES = [
  ...['ANNOUNCE', 'DESCRIBE', 'FLUSH', 'GET_PARAMETER', 'PAUSE', 'PLAY', 'RECORD', 'REDIRECT', 'SETUP', 'SET_PARAMETER', 'TEARDOWN'].map(
    (method) => `${method} /a RTSP/1.0`
  ),
  'SOURCE /a ICE/1.0',
  'SOURCE /a HTTP/1.1'
]

t.test('the methods of RTSP and ICE are refused with 501, and the upstream sees none', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  for (const line of LINES) await expectRefusal(t, gateway, line, `${line}\r\nHost: a\r\n\r\n`, 501, 'SP_NOT_IMPLEMENTED')
  t.same(origin.seen, [])
})
