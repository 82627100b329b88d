import fc from 'fast-check'
import t from 'tap'
import type { Exchange } from '../../src/proxy/exchange.ts'
import { AccessLog } from '../../src/telemetry/access-log.ts'
import { createLog } from '../../src/telemetry/log.ts'

const WALL_MS = Date.UTC(2026, 10, 21)

function exchangeOf(text: string): Exchange {
  const attempt = { endpoint: text, outcome: 'success', startedMs: 1, endedMs: 2 }
  return {
    id: text,
    raw: { httpVersion: '1.1' },
    facts: { host: text, path: text, clientIp: text },
    route: { name: text, upstream: text },
    consumer: { name: text },
    decision: {
      method: text,
      status: 200,
      clientAborted: false,
      code: null,
      plugin: text,
      attempts: [attempt],
      retry: text,
      fallback: text,
      ended: text,
      startedMs: 1,
      endedMs: 3.1416789,
      requestBytes: 1,
      responseBytes: 2
    }
  } as unknown as Exchange
}

t.test('an access line is JSON whatever its texts hold, and what pino would write', async (t) => {
  const lines: string[] = []
  const log = createLog('info', { wall: () => WALL_MS, after: () => () => {} }, { write: (line) => void lines.push(line) }, { worker: 3 })
  const access = new AccessLog(log)
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '\ud800', '\udc00', '\u2028', 'é') })
      ),
      (text) => {
        lines.length = 0
        access.write(exchangeOf(text))
        const [line = ''] = lines
        const { level, time, msg, worker: _, ...fields } = JSON.parse(line) as Record<string, unknown>
        log.info(fields, 'request')
        return (
          (line === lines[1] || !text.isWellFormed()) &&
          level === 'info' &&
          time === '2026-11-21T00:00:00.000Z' &&
          msg === 'request' &&
          fields['client'] === text
        )
      }
    )
  )
  const { worker, durationMs, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  t.equal(worker, 3)
  t.equal(durationMs, 2.142)
  t.equal(rest['attempts'], 1)
  log.level = 'warn'
  lines.length = 0
  access.write(exchangeOf('a'))
  t.same(lines, [], 'nothing below the level')
})
