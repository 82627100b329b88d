import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'
import { UPGRADE } from '../support/websocket.ts'

const FIRST = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n'
const CONNECT = 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'
const upgrade = UPGRADE + '\r\n'

/** An origin that answers in its own time, and never switches protocols. */
async function startPatient(t: Teardown) {
  const waiting: (() => void)[] = []
  const seen: string[] = []
  const origin = await startOrigin(t, (request, response) => {
    seen.push(`${request.url} ${request.headers.upgrade ?? 'as it is'}`)
    waiting.push(() => response.end(request.url))
  })
  const answerNext = async (): Promise<void> => {
    await eventually(() => waiting.length > 0)
    waiting.shift()?.()
  }
  return { origin, seen, answerNext }
}

t.test('a WebSocket handshake behind an unanswered request is served as a plain request, in its turn', async (t) => {
  const { origin, seen, answerNext } = await startPatient(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, port)
  client.write(FIRST + upgrade)
  await eventually(() => seen.length === 2)
  await answerNext()
  await answerNext()
  t.equal((await client.response()).body.toString(), '/first')
  t.equal((await client.response()).status, 200)
  t.match(seen.toSorted(), [/ as it is$/, '/first as it is'])
})

t.test('CONNECT behind unanswered requests is refused after them', async (t) => {
  const { origin, answerNext } = await startPatient(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, port)
  client.write(FIRST + FIRST + CONNECT + 'bytes for the tunnel')
  await answerNext()
  await answerNext()
  t.same([(await client.response()).status, (await client.response()).status, (await client.response()).status], [200, 200, 501])
  t.equal(await client.rest(), '')
})

for (const last of [CONNECT, upgrade]) {
  t.test(`a client that goes away with ${last.split(' ', 1)[0]} behind its requests lets go of all of them`, async (t) => {
    const { origin, seen } = await startPatient(t)
    const gateway = await startGateway(t, passThrough(origin.url))
    const client = await RawConnection.open(t, gateway.port)
    client.write(FIRST + FIRST + last)
    const count = last === CONNECT ? 2 : 3
    await eventually(() => seen.length === count)
    client.destroy()
    await eventually(() => gateway.log.filter((line) => line['msg'] === 'request' && line['status'] === 499).length === count)
    await eventually(() => origin.connections === 0)
    t.equal(await gateway.gateway.close(), 0, 'no request is left')
  })
}
