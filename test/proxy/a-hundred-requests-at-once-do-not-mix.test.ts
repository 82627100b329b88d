import { createHash } from 'node:crypto'
import t from 'tap'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { dice } from '../support/random.ts'

const digest = (body: Buffer): string => createHash('sha256').update(body).digest('hex')

t.test('100 parallel requests of all kinds get each their own answer', async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const origin = await startRecordingOrigin(t, (request, response) => {
    response.setHeader('x-seen', `${request.method} ${request.url} ${digest(request.body)}`)
    if (request.url.endsWith('chunked')) response.write(request.body.subarray(0, 10))
    response.end(request.url.endsWith('chunked') ? request.body.subarray(10) : request.body)
  })
  const { url } = await startGateway(t, passThrough(origin.url))
  const results = await Promise.all(
    Array.from({ length: 100 }, async (_one, i) => {
      const method = luck.pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD'])
      const body = method === 'HEAD' ? Buffer.alloc(0) : luck.bytes(luck.int(0, 100_000))
      const path = `/${i}/${luck.pick(['length', 'chunked'])}`
      const headers = method === 'HEAD' || luck.chance(0.5) ? { 'content-length': body.length } : { 'transfer-encoding': 'chunked' }
      const answer = await send(url + path, { method, headers, body })
      return answer.headers['x-seen'] === `${method} ${path} ${digest(body)}` && (method === 'HEAD' || answer.body.equals(body))
    })
  )
  t.equal(results.filter((right) => right).length, 100)
})
