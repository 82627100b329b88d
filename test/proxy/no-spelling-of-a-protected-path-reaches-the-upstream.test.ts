import t from 'tap'
import { startGateway, type Teardown } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { type Dice, dice } from '../support/random.ts'
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

const isAdmin = (url: string): boolean => /^\/admin(\/|$)/.test(resource(url))

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

/** The targets that reached the upstream although it could read them as the protected path. */
async function leaks(t: Teardown, targets: readonly string[]): Promise<{ leaked: string[]; passed: number }> {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: admin, match: { path: /admin/* }, upstream: origin, plugins: { ip-filter: { deny: ["0.0.0.0/0", "::/0"] } } }
  - { name: admin-root, match: { path: /admin }, upstream: origin, plugins: { ip-filter: { deny: ["0.0.0.0/0", "::/0"] } } }
  - { name: public, match: { path: /* }, upstream: origin }`
  )
  let client: RawConnection | null = null
  for (const target of targets) {
    client = client === null || client.isClosed ? await RawConnection.open(t, port) : client
    client.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const { fields } = await client.response()
    if (fields.includes('close')) await client.closed()
  }
  return { leaked: origin.seen.map((request) => request.url).filter(isAdmin), passed: origin.seen.length }
}

function randomTargets(luck: Dice, pieces: readonly string[], count: number): string[] {
  return Array.from({ length: count }, () => `/${Array.from({ length: luck.int(1, 6) }, () => luck.pick(pieces)).join('')}`)
}

t.test('whatever the spelling, what an upstream could read as /admin is refused by the filter', async (t) => {
  const luck = dice()
  t.comment(`TEST_SEED=${luck.seed}`)
  const random = randomTargets(luck, PIECES, 3000)
  t.ok(random.filter(isAdmin).length > 300, 'the spellings are about the protected path')
  const { leaked, passed } = await leaks(t, [...KNOWN, ...random, '/administrator'])
  t.same(leaked, [], `TEST_SEED=${luck.seed}`)
  t.ok(passed > 100, 'other paths did pass')
})
