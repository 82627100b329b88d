import t from 'tap'
import { generateKeyPairSync } from 'node:crypto'
import { cli } from '../support/cli.ts'
import { send } from '../support/client.ts'
import { compilePlan, document, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { temporaryFolder } from '../support/gateway-process.ts'

t.test('token mints what the gateway of that file accepts', async (t) => {
  const origin = await startOrigin(t, (request, response) =>
    response.end(`${String(request.headers['x-user'])} ${String(request.headers['x-scope'])}`)
  )
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
  })
  const text = document(`
providers:
  shared: { secret: 0123456789abcdef0123456789abcdef, issuer: [shop, other], audience: api }
  signed: { publicKey: ${JSON.stringify(keys.publicKey)} }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: shared, match: { path: /shared }, upstream: origin, plugins: { jwt: { provider: shared, claimsToHeaders: { x-user: sub, x-scope: scope } } } }
  - { name: signed, match: { path: /signed }, upstream: origin, plugins: { jwt: { provider: signed, claimsToHeaders: { x-user: sub } } } }`)
  const folder = temporaryFolder(t, { 'gateway.yaml': text, 'private.pem': keys.privateKey })
  const { url } = await startGateway(t, '', { plan: compilePlan(text) })
  const mint = (...args: string[]) => cli(['token', '-c', 'gateway.yaml', ...args], folder)
  const ask = (path: string, token: string) => send(url + path, { headers: { authorization: `Bearer ${token.trim()}` } })

  const shared = await mint('--provider', 'shared', '--sub', 'ada', '--claim', 'scope="orders:write"')
  t.same({ code: shared.code, err: shared.err }, { code: 0, err: '' })
  t.match(await ask('/shared', shared.out), { status: 200, text: 'ada orders:write' })
  t.equal((await ask('/signed', shared.out)).status, 401)

  const signed = await mint('--provider', 'signed', '--key', 'private.pem')
  t.match(await ask('/signed', signed.out), { status: 200, text: /^u-1 / })

  const expired = await mint('--provider', 'shared', '--claim', 'exp=1')
  t.equal((await ask('/shared', expired.out)).status, 401)

  const mistakes: [args: string[], told: RegExp][] = [
    [[], /name one with --provider: shared, signed/],
    [['--provider', 'other'], /there is no provider other/],
    [['--provider', 'signed'], /give the private one with --key PEM/],
    [['--provider', 'signed', '--key', 'missing.pem'], /--key missing\.pem: ENOENT/],
    [['--provider', 'shared', '--claim', 'scope'], /expected KEY=JSON/]
  ]
  for (const [args, told] of mistakes) t.match(await mint(...args), { code: 64, out: '', err: told }, args.join(' '))
})
