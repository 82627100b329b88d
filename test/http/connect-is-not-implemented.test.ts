import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { expectRefusal } from '../support/refused.ts'

t.test('CONNECT is refused with 501, whatever its target', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  for (const target of ['a:80', `127.0.0.1:${origin.port}`, 'a', '/', 'http://a/']) {
    const request = `CONNECT ${target} HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n`
    await expectRefusal(t, gateway, target, request, 501, 'SP_NOT_IMPLEMENTED')
  }
  t.same(origin.seen, [])
})
