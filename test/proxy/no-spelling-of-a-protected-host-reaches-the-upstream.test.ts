import { randomBytes } from 'node:crypto'
import t from 'tap'
import { startGateway } from '../support/gateway.ts'
import { type SeenRequest, startRecordingOrigin } from '../support/origin.ts'
import fc from '../support/property.ts'
import { fieldsOf, RawConnection } from '../support/raw-client.ts'

/** The hosts that an upstream could read in a field: of a list each, without user, port, path and dots at the ends, decoded, in lower case. */
function hosts(field: string): string[] {
  return field.split(/[,\s]/).map((one) => {
    const decoded = one.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    const bare = decoded
      .replace(/^https?:\/\//i, '')
      .replace(/^.*@/, '')
      .split(/[/?#\\]/)[0] as string
    return bare
      .replace(/:.*$/, '')
      .replaceAll(/^\.+|\.+$/g, '')
      .toLowerCase()
  })
}

const isProtected = ({ rawHeaders }: SeenRequest): boolean =>
  ['host', 'x-forwarded-host'].some((name) => fieldsOf(rawHeaders, name).some((field) => hosts(field).includes('private.example')))

const PIECES = [
  'private.example',
  'private.example',
  'private.example',
  'PRIVATE.example',
  'Private.Example',
  'private',
  '.example',
  'public.example',
  'x',
  '%70rivate.example',
  'private%2eexample',
  'private.example.',
  '.',
  '..',
  ':80',
  ':',
  ':0',
  ':65536',
  '@',
  'u@',
  ',',
  ', ',
  ' ',
  '\t',
  '/',
  '?',
  '#',
  '\\',
  '[',
  ']',
  '%',
  '%00',
  ';',
  '\x00',
  '\xe4'
]

t.test('whatever the spelling, what an upstream could read as a protected host needs a token', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], hostHeader: preserve } }
routes:
  - { name: private, match: { path: /*, hosts: [private.example] }, upstream: origin, plugins: { jwt: { secret: "${randomBytes(32).toString('hex')}" } } }
  - { name: public, match: { path: /* }, upstream: origin }`
  )
  let client: RawConnection | null = null
  const statuses = new Map<number, number>()
  let passed = 0
  const host = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''))
  await fc.assert(
    fc.asyncProperty(host, fc.constantFrom('field', 'target', 'two', 'forwarded'), async (host, where) => {
      client = client === null || client.isClosed ? await RawConnection.open(t, port) : client
      const target = where === 'target' ? `http://${host}/x` : '/x'
      const fields = where === 'field' ? `Host: ${host}` : where === 'two' ? `Host: public.example\r\nHost: ${host}` : 'Host: public.example'
      client.write(`GET ${target} HTTP/1.1\r\n${fields}\r\n${where === 'forwarded' ? `X-Forwarded-Host: ${host}\r\n` : ''}\r\n`)
      const response = await client.response()
      if (response.fields.includes('close')) await client.closed()
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      const seen = origin.seen.splice(0)
      passed += seen.length
      return !seen.some(isProtected)
    }),
    { numRuns: process.env['FUZZ'] === undefined ? 2000 : 30_000 }
  )
  t.ok((statuses.get(401) ?? 0) > 50, 'some asked for the protected host and were refused a token')
  t.ok((statuses.get(400) ?? 0) > 500, 'many were no host')
  t.ok(passed > 100, 'other hosts did pass')
  t.equal(statuses.get(500), undefined)
  t.equal(statuses.get(502), undefined)
})
