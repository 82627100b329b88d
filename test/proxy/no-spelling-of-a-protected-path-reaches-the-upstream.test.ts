import { randomBytes } from 'node:crypto'
import t from 'tap'
import { startGateway, type Teardown } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import fc from '../support/property.ts'
import { RawConnection } from '../support/raw-client.ts'

/** What the most obliging of upstreams would serve: decoded once, lower case, no parameters, dots and empty segments resolved. */
function resource(url: string): string {
  const path = url.split('?')[0] as string
  const decoded = path
    .replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .toLowerCase()
    .replaceAll('\\', '/')
    .split('\0')[0] as string
  const kept: string[] = []
  for (const segment of decoded.split('/')) {
    const plain = segment.split(';')[0] as string
    if (plain === '..') kept.pop()
    else if (plain !== '' && plain !== '.') kept.push(plain)
  }
  return `/${kept.join('/')}`
}

/** One is protected by an address filter, one by tokens. */
const isProtected = (url: string): boolean => /^\/(?:admin|reports)(?:\/|$)/.test(resource(url))

const KNOWN = [
  '/admin',
  '/admin/',
  '/admin/x',
  '/./admin/x',
  '/admin%2fx',
  '/admin;/x',
  '/ADMIN/x',
  '/admin%00/x',
  '/%61dmin/x',
  '//admin/x',
  '/a/../admin/x',
  '/a/%2e%2e/admin/x',
  '/admin;a=b/x',
  '/;x/admin/x',
  '/a/..;/admin/x',
  '/admin\\x',
  '/admin%5cx',
  '/%2561dmin/x',
  '/Admin/',
  '/admin;',
  '/admin/.',
  '/admin/%2e',
  '/;/admin/x',
  '/%2fadmin/x',
  '/x/%2e%2e;y/admin',
  '/%41DMIN',
  '/a%2f..%2fadmin/x',
  '/x%3b/../admin',
  '/admin%',
  '/admin/x%2f',
  'http://a/admin/x',
  'http://a/%61dmin/x',
  '/admin?x',
  '/admin#x',
  '/admin%23x',
  '/%2e/admin/x',
  '/admin/../admin/x',
  '/;%2f..%2fadmin',
  '/admin%3b',
  '/admin%3Bx/y',
  '/%3b/admin/x'
]
const PIECES = [
  '/',
  '/',
  '/',
  'admin',
  'admin',
  'ADMIN',
  'aDmIn',
  '%61dmin',
  'adm%69n',
  '%41dmin',
  '.',
  '..',
  '%2e',
  '%2E%2e',
  ';',
  ';x',
  ';a=b',
  '%2f',
  '%2F',
  '%5c',
  '%25',
  '%2561dmin',
  '%00',
  'x',
  '?',
  '%20',
  '%3b',
  '%3B'
]

const REPORTS = [...KNOWN.map((target) => target.replaceAll(/admin/gi, 'reports')), '/reports/%61', '/%72eports/x', '/REPORTS']

/** The same pieces for the other route; words of one letter more must stay apart from it. */
const MORE_PIECES = ['reports', 'reports', 'REPORTS', 'rePorts', '%72eports', 'report%73', '%52eports', 'reportsx', 'adminx']

/** A token of nobody: only a gateway that let it in would pass it. */
const TOKENS = ['', 'Authorization: Bearer \r\n', 'Authorization: Bearer a.b.c\r\n', 'Authorization: Basic eDp5\r\n', 'X-Consumer-Name: admin\r\n']

/** The public path alone has no plugin. */
async function start(t: Teardown) {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: admin, match: { path: /admin/* }, upstream: origin, plugins: { ip-filter: { deny: ["0.0.0.0/0", "::/0"] } } }
  - { name: admin-root, match: { path: /admin }, upstream: origin, plugins: { ip-filter: { deny: ["0.0.0.0/0", "::/0"] } } }
  - { name: reports, match: { path: "/reports/:id" }, upstream: origin, plugins: { jwt: { secret: "${randomBytes(32).toString('hex')}" } } }
  - { name: reports-below, match: { path: /reports/* }, upstream: origin, plugins: { jwt: { secret: "${randomBytes(32).toString('hex')}" } } }
  - { name: reports-root, match: { path: /reports }, upstream: origin, plugins: { jwt: { secret: "${randomBytes(32).toString('hex')}" } } }
  - { name: public, match: { path: /* }, upstream: origin }`
  )
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
