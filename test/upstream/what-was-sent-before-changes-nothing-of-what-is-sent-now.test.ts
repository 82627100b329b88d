import t from 'tap'
import type { UpstreamRequest } from '../../src/proxy/ports.ts'
import { requestHead, type RequestLines } from '../../src/upstream/http1/request-head.ts'
import { dice } from '../support/random.ts'

const NAMES = ['host', 'Accept', 'accept', 'x-forwarded-for', 'Authorization', 'cookie', 'Content-Length', 'X', 'bad name']
const VALUES = ['a', 'b', '', '127.0.0.1', '12', 'c\td\xe9', 'x\r\nY: 1', 'l'.repeat(300)]

/** The text, or what is wrong with the request. */
function headOf(request: UpstreamRequest, known: RequestLines): unknown {
  try {
    return requestHead(request, known)
  } catch (error) {
    return (error as Error).message
  }
}

t.test('what was sent before changes nothing of what is sent now', (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const known: RequestLines = []
  let heads = 0
  for (let i = 0; i < 3000; i++) {
    const headers = Array.from({ length: luck.int(0, 5) }, () => [luck.pick(NAMES), luck.pick(VALUES)]).flat()
    const request = { method: luck.pick(['GET', 'POST']), target: '/a', headers, body: luck.chance(0.5) ? ({} as never) : null, upgrade: null }
    const told = headOf(request, [])
    if (typeof told === 'object') heads++
    t.strictSame(headOf(request, known), told, JSON.stringify(headers))
  }
  t.ok(heads > 300 && heads < 2700, `${heads} of 3000 can be sent`)
  t.end()
})

t.test('credentials do not stay behind', (t) => {
  const known: RequestLines = []
  const headers = ['host', 'a', 'Authorization', 'Bearer b', 'Cookie', 'c=d', 'X-Api-Key', 'e', 'Accept', 'f']
  requestHead({ method: 'GET', target: '/', headers, body: null, upgrade: null }, known)
  t.strictSame(
    known.flatMap((line) => line?.name ?? []),
    ['host', 'Accept']
  )
  t.end()
})
