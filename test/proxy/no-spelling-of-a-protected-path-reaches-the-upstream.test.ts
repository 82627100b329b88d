import t from 'tap'
import { startGateway, type Teardown } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import fc from '../support/property.ts'
import { isProtected, KNOWN, MORE_PIECES, PIECES, protectedRoutes, REPORTS } from '../support/protected-paths.ts'
import { RawConnection } from '../support/raw-client.ts'

/** A token of nobody: only a gateway that let it in would pass it. */
const TOKENS = ['', 'Authorization: Bearer \r\n', 'Authorization: Bearer a.b.c\r\n', 'Authorization: Basic eDp5\r\n', 'X-Consumer-Name: admin\r\n']

async function start(t: Teardown) {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, protectedRoutes(origin.url))
  let client: RawConnection | null = null
  const send = async (method: string, target: string, fields = ''): Promise<void> => {
    client = client === null || client.isClosed ? await RawConnection.open(t, port) : client
    client.write(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
    const response = await client.response(method === 'HEAD')
    if (response.fields.includes('close')) await client.closed()
  }
  return { origin, send }
}

t.test('known spellings of protected paths do not reach the upstream', async (t) => {
  const { origin, send } = await start(t)
  for (const target of [...KNOWN, ...REPORTS]) for (const token of TOKENS) await send('GET', target, token)
  t.same(origin.seen.map(({ url }) => url).filter(isProtected), [])
})

t.test('whatever the spelling, what an upstream could read as a protected path needs what its route asks for', async (t) => {
  const { origin, send } = await start(t)
  let passed = 0
  let about = 0
  const target = fc
    .array(fc.constantFrom(...PIECES, ...MORE_PIECES), { minLength: 1, maxLength: 6 })
    .chain((pieces) => fc.constantFrom('/', '/', '/', 'http://a/', 'HTTP://A/').map((start) => start + pieces.join('')))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE'),
      target,
      fc.constantFrom(...TOKENS),
      async (method, target, token) => {
        if (isProtected(target)) about++
        await send(method, target, token)
        const seen = origin.seen.splice(0)
        passed += seen.length
        return seen.every(({ url }) => !isProtected(url))
      }
    ),
    { numRuns: process.env['FUZZ'] === undefined ? 2000 : 30_000 }
  )
  t.ok(about > 150, 'the spellings are about the protected paths')
  t.ok(passed > 100, 'other paths did pass')
})

t.test('names that only begin like a protected one are public', async (t) => {
  const { origin, send } = await start(t)
  for (const target of ['/administrator', '/reportsx', '/x/admin', '/']) await send('GET', target)
  t.equal(origin.seen.length, 4)
})
