import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startProgram } from '../support/gateway-process.ts'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`it says where it listens, and ${signal} ends it with 0, waiting queries or not`, async (t) => {
    const program = startProgram(t, ['registry', '--address', '127.0.0.1:0'])
    await eventually(() => program.lines.length > 0, 30_000)
    const url = /^registry listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(program.lines[0] ?? '')?.[1]
    if (url === undefined) throw new Error(`it said ${String(program.lines[0])}`)
    const body = JSON.stringify({ Name: 'web', Check: { TTL: '1h', Status: 'passing' } })
    t.equal((await send(`${url}/v1/agent/service/register`, { method: 'PUT', body })).status, 200)
    const { headers, text } = await send(`${url}/v1/health/service/web?passing`)
    t.match(text, /"web"/)
    const waiting = send(`${url}/v1/health/service/web?index=${String(headers['x-consul-index'])}&wait=10m`).catch(() => null)
    await send(`${url}/v1/status/leader`)
    program.child.kill(signal)
    t.equal(await program.exit, 0)
    await waiting
    t.equal(program.lines.length, 1)
    t.equal(program.errors(), '')
  })
}

t.test('an address that is taken, and one that is none, are told', async (t) => {
  const first = startProgram(t, ['registry', '--address', '127.0.0.1:0'])
  await eventually(() => first.lines.length > 0, 30_000)
  const second = startProgram(t, ['registry', '--address', new URL((first.lines[0] ?? '').replace(/^.* /, '')).host])
  t.equal(await second.exit, 1)
  t.match(second.errors(), /^sallyport: listen EADDRINUSE/)
  const third = startProgram(t, ['registry', '--address', '8500'])
  t.equal(await third.exit, 64)
  t.match(third.errors(), /--address: .*write ":8500"/)
})
