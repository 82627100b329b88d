import t from 'tap'
import type { Teardown } from '../support/gateway.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { type RawFields, RawHttp2 } from '../support/http2-raw.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import fc from '../support/property.ts'
import { isProtected, KNOWN, MORE_PIECES, PIECES, protectedRoutes, REPORTS } from '../support/protected-paths.ts'

/** What an HTTP/2 client can say besides the path to make it mean another one. */
const SCHEMES = ['https', 'https', 'https', 'http', 'ftp', 'x', '']
const MORE: readonly RawFields[] = [
  [],
  [],
  [['authorization', 'Bearer a.b.c']],
  [['x-consumer-name', 'admin']],
  [['host', 'a']],
  [['host', 'a/admin']],
  [[':path', '/admin']],
  [['x-original-url', '/admin']]
]

async function start(t: Teardown) {
  const origin = await startRecordingOrigin(t)
  const gateway = await startHttp2Gateway(t, protectedRoutes(origin.url))
  let client: RawHttp2 | null = null
  /** @returns Whether there was an answer, or the stream was reset */
  const send = async (method: string, path: string, scheme = 'https', more: RawFields = []): Promise<'answered' | 'reset' | 'lost'> => {
    client = client === null || client.closed ? await RawHttp2.open(t, gateway.port) : client
    const answer = await client.answer(client.send([[':method', method], [':scheme', scheme], [':path', path], [':authority', 'a'], ...more]))
    return answer.ended ? 'answered' : answer.reset === null ? 'lost' : 'reset'
  }
  return { origin, send }
}

t.test('known spellings of protected paths do not reach the upstream', async (t) => {
  const { origin, send } = await start(t)
  for (const path of [...KNOWN, ...REPORTS]) for (const scheme of ['https', 'x']) t.not(await send('GET', path, scheme), 'lost', path)
  t.same(origin.seen.map(({ url }) => url).filter(isProtected), [])
})

t.test('whatever the spelling, what an upstream could read as a protected path needs what its route asks for', async (t) => {
  const { origin, send } = await start(t)
  let passed = 0
  const path = fc
    .array(fc.constantFrom(...PIECES, ...MORE_PIECES), { minLength: 1, maxLength: 6 })
    .chain((pieces) => fc.constantFrom('/', '/', '/', 'http://a/', '').map((begin) => begin + pieces.join('')))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT'),
      path,
      fc.constantFrom(...SCHEMES),
      fc.constantFrom(...MORE),
      async (method, target, scheme, more) => {
        await send(method, target, scheme, more)
        const seen = origin.seen.splice(0)
        passed += seen.length
        return seen.every(({ url, rawHeaders }) => !isProtected(url) && !rawHeaders.some((text) => text.startsWith(':')))
      }
    ),
    { numRuns: process.env['FUZZ'] === undefined ? 1500 : 30_000 }
  )
  t.ok(passed > 50, `other paths did pass: ${passed}`)
})
