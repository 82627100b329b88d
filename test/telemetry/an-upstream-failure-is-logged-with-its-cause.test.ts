import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRawOrigin } from '../support/origin.ts'

t.test('an upstream failure is logged with its cause, code and endpoint', async (t) => {
  const origin = await startRawOrigin(t, (socket) => socket.on('error', () => {}).once('data', () => socket.resetAndDestroy()))
  const { url, log } = await startGateway(t, passThrough(origin.url))
  const answer = await send(url, { method: 'POST' })
  t.equal(answer.status, 502)
  await eventually(() => log.some((line) => line['msg'] === 'request'))
  const { requestId } = answer.json()
  const [trouble, line] = log.filter((one) => one['requestId'] === requestId)
  t.match(trouble, { level: 'warn', kind: 'reset', route: 'all', err: { message: String } })
  t.match(line, { status: 502, code: 'SP_UPSTREAM_RESET', outcome: 'reset', endpoint: origin.url })
  t.notOk('plugin' in (line as object))
})
