import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

/** More than the buffers of the system take in. */
const BODY_BYTES = 8 * 1024 * 1024
/** Framed by a length, in chunks as large as the origin's writes, or in many small ones. */
const FRAMINGS = ['length', 'chunks', 'small-chunks'] as const
/** Of each framing. */
const SLOW = 3
const QUICK = 6

t.test('large answers stay what they were when their memory is used again, however they are framed and read', async (t) => {
  const bodies = FRAMINGS.map(() => randomBytes(BODY_BYTES))
  const origin = await startOrigin(t, (request, response) => {
    const framing = FRAMINGS.findIndex((name) => request.url === `/${name}`)
    const body = bodies[framing] as Buffer
    if (framing === 0) response.setHeader('content-length', body.length)
    const step = framing === 2 ? 9_999 : 200_000
    for (let at = 0; at < body.length; at += step) response.write(body.subarray(at, at + step))
    response.end()
  })
  const gateway = await startGateway(t, passThrough(origin.url))
  const agent = new http.Agent()
  t.teardown(() => agent.destroy())
  const ask = async (framing: string): Promise<IncomingMessage> => {
    const request = http.get(`${gateway.url}/${framing}`, { agent }).on('error', () => {})
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    return answer
  }
  const isWhole = async (answer: IncomingMessage, framing: number): Promise<boolean> => {
    const hash = createHash('sha256')
    for await (const piece of answer as AsyncIterable<Buffer>) hash.update(piece)
    return (
      hash.digest('hex') ===
      createHash('sha256')
        .update(bodies[framing] as Buffer)
        .digest('hex')
    )
  }

  // Nobody reads these yet: what was read for them waits in the gateway while others use its memory.
  const slow = await Promise.all(FRAMINGS.flatMap((framing) => Array.from({ length: SLOW }, () => ask(framing))))
  for (const [i, framing] of FRAMINGS.entries()) {
    const cut = await ask(framing)
    for (let quick = 0; quick < QUICK; quick++) t.ok(await isWhole(await ask(framing), i), `read at once, ${framing}`)
    // A client that goes away with an answer that waits.
    cut.destroy()
  }
  for (const [i, answer] of slow.entries()) {
    const framing = Math.floor(i / SLOW)
    t.ok(await isWhole(answer, framing), `read late, ${FRAMINGS[framing]}`)
  }
})
