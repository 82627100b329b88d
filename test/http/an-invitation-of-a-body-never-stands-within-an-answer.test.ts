import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

const FIRST = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n'
const SECOND = 'PUT /second HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n'
const BODY = '5\r\nhello\r\n0\r\n\r\n'
/** More than goes out in one write with its head. */
const LARGE = 'x'.repeat(100_000)

/** An origin that keeps `/first` waiting and answers the other one at once, behind its body. */
async function start(t: Teardown) {
  const waiting: (() => void)[] = []
  let answered = 0
  const origin = await startOrigin(t, (request, response) => {
    if (request.url === '/first') {
      waiting.push(() => response.end('first'))
      return
    }
    request
      .on('error', () => {})
      .resume()
      .on('end', () => response.end(LARGE, () => answered++))
  })
  const { port } = await startGateway(t, passThrough(origin.url))
  const answerFirst = async (): Promise<void> => {
    await eventually(() => waiting.length > 0)
    waiting.shift()?.()
  }
  return { client: await RawConnection.open(t, port), answerFirst, answered: () => answered }
}

t.test('an answer that is ready before its turn comes whole, with 100 Continue before it or not at all', async (t) => {
  const { client, answerFirst, answered } = await start(t)
  client.write(FIRST + SECOND + BODY)
  await eventually(() => answered() === 1)
  await answerFirst()
  t.equal((await client.response()).body.toString(), 'first')
  const { status, body } = await client.response()
  t.equal(status, 200)
  t.equal(body.toString(), LARGE)
})

t.test('a refusal that is ready before its turn comes whole', async (t) => {
  const { client, answerFirst } = await start(t)
  client.write(`${FIRST}${SECOND}nonsense\r\n`)
  await answerFirst()
  t.equal((await client.response()).body.toString(), 'first')
  const { status, body } = await client.response()
  t.equal(status, 400)
  t.match(JSON.parse(body.toString()), { code: 'SP_BAD_REQUEST' })
})

t.test('a client that waits for it is invited when its turn comes', async (t) => {
  const { client, answerFirst } = await start(t)
  client.write(FIRST + SECOND)
  await answerFirst()
  t.equal((await client.response()).body.toString(), 'first')
  t.equal((await client.head()).status, 100)
  client.write(BODY)
  t.equal((await client.response()).body.toString(), LARGE)
})
