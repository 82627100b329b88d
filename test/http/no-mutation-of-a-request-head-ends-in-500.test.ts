import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { readAnswers } from '../support/answers.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { dice } from '../support/random.ts'
import { RawConnection } from '../support/raw-client.ts'
import { drawRequest, type MutatedRequest } from './mutated-requests.ts'

const BATCH = 500
/** `FUZZ_RUNS` requests, or as many as the kind of run allows. */
const BATCHES = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? (process.env['FUZZ'] === undefined ? 1_000 : 100_000)) / BATCH)
const AT_ONCE = 20
/** By this an answer is known to be the upstream's. */
const ORIGIN_TYPE = 'text/x-origin'

/** Ends what is unfinished, and has the connection closed behind the last answer. */
const LAST = Buffer.from('\r\n\r\nGET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')

/** Everything that comes back. */
async function exchange(port: number, { bytes, cuts, breaksOff }: MutatedRequest): Promise<string> {
  const client = await RawConnection.open({ teardown() {} }, port)
  client.socket.setNoDelay(true)
  let sent = 0
  for (const cut of cuts) {
    await new Promise((resolve) => client.socket.write(bytes.subarray(sent, cut), resolve))
    sent = cut
  }
  const last = breaksOff ? bytes.subarray(sent) : Buffer.concat([bytes.subarray(sent), LAST])
  await new Promise((resolve) => client.socket.write(last, resolve))
  const text = breaksOff ? '' : await client.rest()
  client.destroy()
  return text
}

/** What is wrong with the answers; null when nothing is. */
function fault(text: string, seen: Map<number, number>): string | null {
  for (const { status, contentType, body } of readAnswers(text)) {
    seen.set(status, (seen.get(status) ?? 0) + 1)
    if (contentType === ORIGIN_TYPE) continue
    if (status === 101) return 'a switch of protocols that the upstream did not make'
    // OPTIONS is answered by the gateway where it ends there.
    if (status === 200 && contentType === '' && body === '') continue
    if (status >= 500 && status !== 501) return `status ${status}`
    if (contentType !== 'application/problem+json') return `${status} without a cause`
    if (body !== '' && !/^SP_[A-Z_]+$/.test((JSON.parse(body) as { code: string }).code)) return `${status} without a code`
  }
  return null
}

if (BATCHES > 2) t.setTimeout(900_000)

t.test(`${BATCH * BATCHES} mutated requests are answered with a cause or closed, never with 500, and nothing is left of them`, async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const origin = await startOrigin(t, (request, response) => {
    request
      .on('error', () => {})
      .resume()
      .on('end', () => response.setHeader('content-type', ORIGIN_TYPE).end('fine'))
  })
  const broken: string[] = []
  origin.server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    if (error.code?.startsWith('HPE_') === true && error.code !== 'HPE_INVALID_EOF_STATE')
      broken.push(`${error.code} ${error.rawPacket?.toString('latin1')}`)
    socket.destroy()
  })
  const running = await startGateway(
    t,
    `clientTimeouts: { bodyIdle: 100ms, headers: 2s }\ntelemetry: { log: { access: false } }\n${passThrough(origin.url)}`
  )
  const { port, url, gateway } = running
  const seen = new Map<number, number>()
  const bad: string[] = []
  const run = async (cases: MutatedRequest[]): Promise<void> => {
    for (let one = cases.pop(); one !== undefined; one = cases.pop()) {
      try {
        const wrong = fault(await exchange(port, one), seen)
        if (wrong !== null) bad.push(`${wrong}: ${one.bytes.toString('latin1')}`)
      } catch (error) {
        bad.push(`${String(error)}: ${one.bytes.toString('latin1')}`)
      }
    }
  }
  for (let batch = 0; batch < BATCHES; batch++) {
    const cases = Array.from({ length: BATCH }, () => drawRequest(luck))
    await Promise.all(Array.from({ length: AT_ONCE }, () => run(cases)))
    t.same(bad.splice(0).slice(0, 3), [], `TEST_SEED=${luck.seed}`)
    t.equal((await send(url)).text, 'fine', 'a good request after the batch')
    await eventually(async () => (await inFlight(running, 'origin')) === 0)
    // A pool keeps what was in use at the same time, and the requests of a pipeline are.
    await eventually(() => origin.connections <= 4 * AT_ONCE)
  }
  t.comment(`answers by status: ${JSON.stringify(Object.fromEntries(seen))}; upstream connections opened: ${origin.accepted}`)
  t.same(broken.slice(0, 3), [], 'no upstream was sent what it could not read')
  t.ok((seen.get(400) ?? 0) > (BATCH * BATCHES) / 5, 'many are malformed')
  t.ok((seen.get(200) ?? 0) > (BATCH * BATCHES) / 5, 'many are not')
  t.equal(await gateway.close(), 0, 'no request is left')
  await eventually(() => origin.connections === 0)
})
