import http from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { closedLoop } from '../../bench/drive/closed-loop.ts'
import { openLoop } from '../../bench/drive/open-loop.ts'

const STALL_MS = 300
const request = { method: 'GET', path: '/', headers: {}, body: null } as const

/** Answers at once, but for one stall in which everything waits. */
async function startStalling(t: Pick<Test, 'teardown'>, status = 200): Promise<number> {
  let isStalled = false
  let answered = 0
  const waiting: (() => void)[] = []
  const server = http.createServer((_request, response) => {
    const answer = (): void => void response.writeHead(status, { 'content-length': '2' }).end('ok')
    answered++
    if (answered === 20) {
      isStalled = true
      setTimeout(() => {
        isStalled = false
        for (const one of waiting.splice(0)) one()
      }, STALL_MS)
    }
    if (isStalled) waiting.push(answer)
    else answer()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

t.test('every request that a stall keeps waiting counts from when it was due, also those that could not be sent', async (t) => {
  const port = await startStalling(t)
  // 100 of the 200 requests are due during the stall, and two connections can send but two of them.
  const load = { rate: 333, seconds: 0.6, connections: 2 }
  const { latency, failures, sent } = await openLoop({ port, isTls: false }, [request], load)
  t.equal(sent, 200)
  t.equal(failures, 0)
  t.ok(latency.max >= STALL_MS * 0.9, `longest ${latency.max} ms`)
  t.ok(latency.p50 < latency.max, `p50 ${latency.p50} ms`)
  // Where only what was sent counts, two of 200 are slow, and nine tenths of the stall are seen by nobody.
  t.ok(latency.p99 > STALL_MS * 0.5, `p99 ${latency.p99} ms`)
})

t.test('an answer that is not 200 is a failure of both drivers', async (t) => {
  const port = await startStalling(t, 503)
  const target = { port, isTls: false }
  const { failures } = await openLoop(target, [request], { rate: 100, seconds: 0.1, connections: 2 })
  t.equal(failures, 10)
  await t.rejects(closedLoop(target, [request], { connections: 2, seconds: 1 }), /answers are not 200/)
})

t.test('what is never answered is a failure, and its waiting is seen', async (t) => {
  const server = http.createServer(() => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const target = { port: (server.address() as AddressInfo).port, isTls: false }
  const { failures, latency } = await openLoop(target, [request], { rate: 100, seconds: 0.1, connections: 2, patienceMs: 200 })
  t.equal(failures, 10)
  t.ok(latency.max >= 250, `longest ${latency.max} ms`)
})
