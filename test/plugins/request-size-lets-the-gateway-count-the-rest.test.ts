import type { FastifyRequest } from 'fastify'
import t from 'tap'
import requestSize from '../../plugins/request-size/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'

t.test('the gateway is told the limit of every request that passes, and of no other', async (t) => {
  const limits: number[] = []
  const before = (request: FastifyRequest) => {
    Object.assign(request.gateway, {
      limitBody(bytes: number) {
        limits.push(bytes)
      }
    })
  }
  const bench = await testPlugin(requestSize, { max: '2KiB' }, { before })
  t.teardown(bench.close)
  await bench.inject({ method: 'POST', headers: { 'transfer-encoding': 'chunked' } })
  t.same(limits, [2048])
  await bench.inject({ method: 'POST', headers: { 'content-length': '9999' } })
  t.same(limits, [2048])
})
