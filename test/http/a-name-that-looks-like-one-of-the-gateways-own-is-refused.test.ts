import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { field, rawRequest } from '../support/raw-client.ts'
import { expectRefusal } from '../support/refused.ts'

// In a variable of CGI, and so for many application servers, `-` and `_` are the same.
const LOOKALIKES = [
  'Content_Length',
  'content_type',
  'Content_Encoding',
  'Transfer_Encoding',
  'Proxy_Authorization',
  'Proxy_Connection',
  'Keep_Alive',
  'Max_Forwards',
  'HTTP2_Settings',
  'X_Forwarded_For',
  'X_Forwarded-For',
  'x-forwarded_proto',
  'X_FORWARDED_HOST',
  'X_Forwarded_Port',
  'X_Forwarded_Anything',
  'X_Real_IP',
  'X_Consumer_Name',
  'X-Consumer_Groups',
  'X_Consumer-Anything',
  'X_Request_Id',
  'X_Api_Key',
  'Access_Control_Request_Method'
]
const OTHERS = ['X_Tenant', '_', '__', '_Host', 'Host_', 'X_Forwarded', 'X_Consumers', 'User_Agent', 'x_request', 'Content_Length_', 'Authorization_']

t.test('an underscore for a hyphen in the name of a field that the gateway sets or decides by is refused', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, `trustedProxies: [127.0.0.1]\n${passThrough(origin.url)}`)
  for (const name of LOOKALIKES) {
    await expectRefusal(t, gateway, name, `GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n${name}: 0\r\n\r\n`, 400, 'SP_BAD_REQUEST')
  }
  t.same(origin.seen, [])
})

t.test('other names with underscores pass as they are', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  for (const name of OTHERS) {
    t.equal((await rawRequest(t, port, `GET / HTTP/1.1\r\nHost: a\r\n${name}: b\r\n\r\n`)).status, 200, name)
    t.ok(origin.seen.at(-1)?.rawHeaders.includes(name))
    t.equal(field(origin.seen.at(-1)?.rawHeaders ?? [], name.toLowerCase()), 'b')
  }
})
