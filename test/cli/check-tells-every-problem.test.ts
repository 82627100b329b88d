import t from 'tap'
import { cli } from '../support/cli.ts'
import { document, passThrough } from '../support/gateway.ts'
import { temporaryFolder } from '../support/gateway-process.ts'

const good = document(passThrough('http://127.0.0.1:1'))
const bad = good.replace('version: 1', 'version: 2').replace('match:', 'mach:')
// Nothing is wrong with it, but no request can reach the upstream that it adds.
const doubtful = good.replace('upstreams: {', 'upstreams: { idle: { endpoints: ["http://127.0.0.1:1"] },')

t.test('check tells every problem of every file', async (t) => {
  const folder = temporaryFolder(t, { 'good.yaml': good, 'bad.yaml': bad, 'doubtful.yaml': doubtful })
  const check = (...args: string[]) => cli(['check', ...args], folder)

  await t.test('nothing of a valid one', async (t) => {
    t.same(await check('good.yaml'), { code: 0, out: 'good.yaml: valid\n', err: '' })
  })

  await t.test('with file, line and column', async (t) => {
    const { code, out, err } = await check('bad.yaml')
    t.same({ code, out }, { code: 1, out: '' })
    t.match(err, /^bad\.yaml:1:10: error: version: /m)
    t.match(err, /^bad\.yaml:\d+:\d+: error: routes\[0\].*did you mean .*match/m)
    t.match(err, /^\d+ errors, 0 warnings\n$/m)
  })

  await t.test('of a file that is not there', async (t) => {
    const { code, err } = await check('missing.yaml')
    t.equal(code, 1)
    t.match(err, /^missing\.yaml:1:1: error: cannot read the configuration: ENOENT/)
  })

  await t.test('of several', async (t) => {
    const { code, err } = await check('good.yaml', 'bad.yaml', 'missing.yaml')
    t.equal(code, 1)
    t.match(err, /^bad\.yaml:1:10: /m)
    t.match(err, /^missing\.yaml:1:1: /m)
    t.same(await check('good.yaml', 'good.yaml'), { code: 0, out: 'good.yaml, good.yaml: valid\n', err: '' })
  })

  await t.test('as JSON', async (t) => {
    const { code, out, err } = await check('bad.yaml', '--format', 'json')
    t.same({ code, err }, { code: 1, err: '' })
    const [issue] = JSON.parse(out) as object[]
    t.match(issue, { severity: 'error', file: 'bad.yaml', line: 1, column: 10, path: 'version', code: String, message: String })
    t.same(await check('good.yaml', '--format', 'json'), { code: 0, out: '[]\n', err: '' })
  })

  await t.test('warnings as errors with --strict', async (t) => {
    const relaxed = await check('doubtful.yaml')
    t.equal(relaxed.code, 0)
    t.equal(relaxed.out, 'doubtful.yaml: valid (0 errors, 1 warning)\n')
    t.match(relaxed.err, /^doubtful\.yaml:\d+:\d+: warning: upstreams\.idle: /)
    const strict = await check('doubtful.yaml', '--strict')
    t.same({ code: strict.code, out: strict.out }, { code: 1, out: '' })
    t.equal((await check('good.yaml', '--strict')).code, 0)
  })
})
