import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startScriptedOrigin } from '../support/scripted-origin.ts'

const CASES: readonly (readonly [fields: string, idleSeconds: number])[] = [
  ['', 4],
  ['Keep-Alive: timeout=5\r\n', 3],
  ['keep-alive: max=7, timeout=30\r\n', 28],
  ['Keep-Alive: timeout=99999\r\n', 600]
]

for (const [fields, idleSeconds] of CASES) {
  t.test(`after ${JSON.stringify(fields)} it is kept for ${idleSeconds} s`, async (t) => {
    const clock = new FakeClock()
    const origin = await startScriptedOrigin(t)
    const { url } = await startGateway(t, passThrough(origin.url), { clock })
    for (let round = 1; round <= 2; round++) {
      origin.script = `HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`
      t.equal((await send(url)).status, 200)
      for (let ms = 0; ms < idleSeconds * 1000 - 500; ms += 250) clock.advance(250)
      t.equal(origin.accepted, round === 1 ? 1 : 2)
      origin.script = `HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`
      t.equal((await send(url)).status, 200)
      t.equal(origin.accepted, round, 'used again')
      for (let ms = 0; ms < idleSeconds * 1000 + 500; ms += 250) clock.advance(250)
      await eventually(() => origin.connections === 0)
    }
  })
}
