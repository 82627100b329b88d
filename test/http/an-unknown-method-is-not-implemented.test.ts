import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { expectRefusal } from '../support/refused.ts'

// RFC 9110 section 9.1: methods are case-sensitive, and 501 is the answer to one that is not known. TRACE would echo credentials
// (section 9.3.8), CONNECT would make an open tunnel of the gateway.
const METHODS = ['get', 'Get', 'FOO', 'GETX', 'P', 'TRACK', 'FLUSH', 'A!#$%&*+.^_`|~9', 'X'.repeat(5_000), 'X'.repeat(20_000), 'TRACE']

t.test('each is refused with 501, and the upstream sees none', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  for (const method of METHODS) {
    const request = `${method} / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5\r\n\r\n`
    await expectRefusal(t, gateway, method.slice(0, 20), request, 501, 'SP_NOT_IMPLEMENTED')
  }
  t.same(origin.seen, [])
})
