import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { type Dice, dice } from '../support/random.ts'
import { field, RawConnection } from '../support/raw-client.ts'
import { type ScriptedOrigin, startScriptedOrigin } from '../support/scripted-origin.ts'
import { UPGRADE } from '../support/websocket.ts'

/** `FUZZ_RUNS` answers, or as many as the kind of run allows. */
const COUNT = Number(process.env['FUZZ_RUNS'] ?? (process.env['FUZZ'] === undefined ? 600 : 20_000))
const LANES = 20
const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2;a="b"\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n',
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1a\r\nabcdefghijklmnopqrstuvwxyz\r\n'.repeat(8)}0\r\n\r\n`,
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nConnection: close, X-A\r\nX-A: 1\r\n\r\n',
  'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\nhello',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes'
].map((text) => Buffer.from(text, 'latin1'))
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  '\0',
  '\x01',
  '\x7f',
  '\xff',
  ':',
  ';',
  ',',
  '-',
  '+',
  '0',
  '1',
  '9',
  'HTTP/1.0',
  'HTTP/2.0',
  'chunked',
  'gzip, ',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Connection: close\r\n',
  'Keep-Alive: timeout=0\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
  'HTTP/1.1 103 x\r\n\r\n',
  'Upgrade: h2c\r\n'
].map((text) => Buffer.from(text, 'latin1'))

function mutated(luck: Dice): Buffer {
  let bytes = Buffer.from(luck.pick(ANSWERS))
  for (let i = luck.int(1, 3); i > 0; i--) {
    const at = luck.int(0, bytes.length)
    switch (luck.int(0, 5)) {
      case 0:
        if (at < bytes.length) bytes[at] = luck.int(0, 255)
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + luck.int(1, 5))])
        break
      case 2:
        // A length or a size that is wrong by one.
        bytes = Buffer.from(
          bytes.toString('latin1', 0, at) + bytes.toString('latin1', at).replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
          'latin1'
        )
        break
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), luck.pick(WORDS), bytes.subarray(at)])
    }
  }
  return bytes
}

interface Case {
  readonly bytes: Buffer
  readonly ends: boolean
  readonly method: 'GET' | 'HEAD' | 'upgrade'
}

function draw(luck: Dice): Case {
  const method = luck.chance(0.8) ? 'GET' : luck.pick(['HEAD', 'upgrade'] as const)
  // Of those that stay open, some are over by a timeout only.
  return { bytes: mutated(luck), ends: luck.chance(0.8), method }
}

interface Given {
  /** 0 when the client was cut off. */
  readonly status: number
  readonly text: string
  /** Of a failure that the gateway tells of: an `SP_` code, or `none`. */
  readonly code: string | null
}

/** What the client was given. */
async function ask(port: number, request: string, toHead = false): Promise<Given> {
  const client = await RawConnection.open({ teardown() {} }, port)
  client.write(request)
  try {
    const { status, body, fields } = await client.response(toHead)
    // What comes from the upstream has been through the gateway, and says so.
    const isOurs = status >= 400 && field(fields, 'via') === undefined
    return {
      status,
      text: body.toString(),
      code: isOurs ? (/details="(SP_[A-Z_]+)"/.exec(field(fields, 'proxy-status') ?? '')?.[1] ?? 'none') : null
    }
  } catch (error) {
    return { status: 0, text: String(error), code: null }
  } finally {
    client.destroy()
  }
}

/** Lets time pass until all is over, with turns in between for what is on its way. */
async function passTime(clock: FakeClock, over: Promise<unknown>): Promise<void> {
  const wait = { isOver: false }
  void over.then(() => (wait.isOver = true))
  while (!wait.isOver) {
    for (let i = 0; i < 20; i++) await turn()
    if (!wait.isOver) clock.advance(1)
  }
}

function askFor({ method }: Case, host: string): string {
  if (method === 'upgrade') return UPGRADE.replace('Host: a', `Host: ${host}`) + '\r\n'
  return `${method} /bad HTTP/1.1\r\nHost: ${host}\r\n\r\n`
}

if (COUNT > 600) t.setTimeout(900_000)

t.test(`after each of ${COUNT} mutated answers the next request gets its own, and nothing is left`, async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const origins = await Promise.all(Array.from({ length: LANES }, () => startScriptedOrigin(t)))
  const upstreams = origins.map(
    ({ url }, lane) => `  lane${lane}: { endpoints: ["${url}"], retry: { attempts: 0 }, timeouts: { response: 40ms, idle: 40ms } }`
  )
  const routes = origins.map((_origin, lane) => `  - { name: lane${lane}, match: { path: /*, hosts: [lane${lane}] }, upstream: lane${lane} }`)
  const clock = new FakeClock()
  const running = await startGateway(t, `upstreams:\n${upstreams.join('\n')}\nroutes:\n${routes.join('\n')}`, { clock })
  const seen = new Map<number, number>()
  const bad: string[] = []
  const cases = Array.from({ length: COUNT }, () => draw(luck))
  while (cases.length > 0) {
    const asked = cases.splice(-LANES)
    const answers = asked.map((one, lane) => {
      Object.assign(origins[lane] as ScriptedOrigin, { script: one.bytes, ends: one.ends })
      return ask(running.port, askFor(one, `lane${lane}`), one.method === 'HEAD')
    })
    await passTime(clock, Promise.all(answers))
    for (const [lane, { bytes }] of asked.entries()) {
      const text = bytes.toString('latin1')
      const { status, code } = (await answers[lane]) as Given
      seen.set(status, (seen.get(status) ?? 0) + 1)
      if (status === 500) bad.push(text)
      // Whatever the gateway says by itself has a cause.
      if (code === 'none') bad.push(`${status} without a code: ${text}`)
    }
    // Time stands still: what is not answered now never is.
    const next = asked.map((_one, lane) => ask(running.port, `GET /good HTTP/1.1\r\nHost: lane${lane}\r\nConnection: close\r\n\r\n`))
    for (const [lane, { bytes }] of asked.entries()) {
      const { status, text } = (await next[lane]) as Given
      if (status !== 200 || text !== 'good') bad.push(`${status} ${text} after ${bytes.toString('latin1')}`)
    }
  }
  t.same(bad.slice(0, 3), [], `TEST_SEED=${luck.seed}`)
  t.ok((seen.get(502) ?? 0) > COUNT / 5, 'many break the protocol')
  t.ok((seen.get(200) ?? 0) > COUNT / 10, 'many do not')
  for (let lane = 0; lane < LANES; lane++) await eventually(async () => (await inFlight(running, `lane${lane}`)) === 0)
  t.comment(`statuses: ${JSON.stringify(Object.fromEntries(seen))}`)
  t.equal(await running.gateway.close(), 0, 'no request is left')
  await eventually(() => origins.every(({ connections }) => connections === 0))
})
