import t from 'tap'
import { compilePlan, document } from '../support/gateway.ts'

const ROUTES = `upstreams:
  a: { endpoints: ["http://a:1"] }
  b: { endpoints: ["http://b:1"], bufferRequestBody: 1KiB }
routes:
  - { name: default, match: { path: /default }, upstream: a }
  - { name: upstream, match: { path: /upstream }, upstream: b }
  - { name: route, match: { path: /route }, upstream: b, bufferRequestBody: 2KiB }
  - { name: none, match: { path: /none }, upstream: b, bufferRequestBody: off }`

const timeouts = (text: string) => compilePlan(document(`clientTimeouts: ${text}\n${ROUTES}`)).clientTimeouts

t.test('what is configured for slow clients is what counts', (t) => {
  t.match(timeouts('{ minUploadRate: 1KiB, uploadGrace: 2s, bodyIdle: 1s }').uploadRate, { bytesPerSecond: 1024, graceMs: 2000, maxMs: 2000 })
  t.match(timeouts('{ writeStall: 5s, minDownloadRate: 1KB }').downloadRate, { bytesPerSecond: 1000, graceMs: 5000, maxMs: 5000 })
  t.equal(timeouts('{ minDownloadRate: off }').downloadRate?.bytesPerSecond, 0, 'then any byte is enough')
  for (const off of ['off', 'false', '0B']) t.equal(timeouts(`{ minUploadRate: ${off} }`).uploadRate, null)
  t.equal(timeouts('{ writeStall: off }').downloadRate, null)
  t.same(
    compilePlan(document(ROUTES)).routes.map(({ bufferBytes }) => bufferBytes),
    [64 * 1024, 1024, 2048, 0]
  )
  t.throws(() => timeouts('{ minUploadRate: 240 }'), /minUploadRate/, 'a bare number is an error')
  t.end()
})
