import t from 'tap'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { listenProblem } from '../../src/gateway/listen-problem.ts'
import { cli } from '../support/cli.ts'
import { document, passThrough } from '../support/gateway.ts'
import { startProgram, temporaryFolder } from '../support/gateway-process.ts'

const PLUGIN = (register: string) => `export default { name: 'mine', phase: 'edge', scopes: ['route'], schema: { type: 'object' }, ${register} }`

t.test('a start that fails says why, with an exit code', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const good = document(passThrough('http://127.0.0.1:1'))
  const withPlugin = (name: string) => `${good}    plugins: { mine: { use: ./${name} } }\n`
  const folder = temporaryFolder(t, {
    'gateway.yaml': good.replace('version: 1', 'version: 2').replace('upstream: origin', 'upstream: orign'),
    'named.yaml': good.replace('version: 1', 'version: 3'),
    'unloadable.yaml': withPlugin('unloadable.mjs'),
    'unloadable.mjs': 'throw new Error("no such luck")',
    'failing.yaml': withPlugin('failing.mjs'),
    'failing.mjs': PLUGIN("register () { throw new Error('no room') }"),
    'taken.yaml': good.replace('listeners: [{ address: "127.0.0.1:0" }]', `listeners: [{ address: "127.0.0.1:${port}" }]`),
    'taken-admin.yaml': good.replace('admin: { address: "127.0.0.1:0" }', `admin: { address: "127.0.0.1:${port}" }`),
    'elsewhere.yaml': good.replace('listeners: [{ address: "127.0.0.1:0" }]', 'listeners: [{ address: "192.0.2.1:8080" }]')
  })
  const cases: [what: string, args: string[], env: Record<string, string>, code: number, told: RegExp[]][] = [
    [
      'every problem of the default file',
      [],
      {},
      78,
      [/^gateway\.yaml:1:10: error: version: /m, /^gateway\.yaml:\d+:\d+: error: routes\[0\]\.upstream: .*did you mean .*origin/m]
    ],
    ['the file that a variable names', [], { SALLYPORT_CONFIG: 'named.yaml' }, 78, [/^named\.yaml:1:10: error: version: /]],
    [
      'a file that is not there',
      ['-c', 'missing.yaml'],
      { SALLYPORT_CONFIG: 'named.yaml' },
      78,
      [/^missing\.yaml:1:1: error: cannot read the configuration: ENOENT/]
    ],
    [
      'a plugin that cannot be loaded',
      ['-c', 'unloadable.yaml'],
      {},
      78,
      [/^unloadable\.yaml:\d+:\d+: error: routes\[0\]\.plugins\.mine\.use: .*no such luck/]
    ],
    [
      'a plugin that cannot be set up',
      ['-c', 'failing.yaml'],
      {},
      78,
      [/^failing\.yaml: error: routes\[0\]\.plugins\.mine: plugin mine could not be set up: no room\n$/]
    ]
  ]
  for (const [what, args, env, code, told] of cases) {
    await t.test(what, async (t) => {
      const result = await cli(['start', ...args], folder, env)
      t.same({ code: result.code, out: result.out }, { code, out: '' })
      for (const pattern of told) t.match(result.err, pattern)
    })
  }

  await t.test('as a process', async (t) => {
    const invalid = startProgram(t, ['start'], { cwd: folder })
    t.equal(await invalid.exit, 78)
    t.match(invalid.errors(), /^gateway\.yaml:1:10: error: version: /m)
  })

  const addresses: [what: string, file: string, told: string][] = [
    [
      'a port that another program has',
      'taken.yaml',
      `listeners[0].address: cannot listen on 127.0.0.1:${port}: another program listens there (EADDRINUSE)`
    ],
    [
      'such a port for the admin listener',
      'taken-admin.yaml',
      `admin.address: cannot listen on 127.0.0.1:${port}: another program listens there (EADDRINUSE)`
    ],
    [
      'an address of another machine',
      'elsewhere.yaml',
      'listeners[0].address: cannot listen on 192.0.2.1:8080: this machine has no such address (EADDRNOTAVAIL)'
    ]
  ]
  for (const [what, file, told] of addresses) {
    await t.test(what, async (t) => {
      const program = startProgram(t, ['start', '-c', file], { cwd: folder })
      t.equal(await program.exit, 1)
      t.equal(program.errors(), `${file}: error: ${told}\n`)
    })
  }

  await t.test('an address by a name, which the system tells by what it stands for', async (t) => {
    const error = Object.assign(new Error('listen EACCES'), { code: 'EACCES', address: '127.0.0.1', port: 80 })
    const plan = {
      admin: { host: '10.0.0.1', port: 81 },
      listeners: [{ name: 'localhost:80', host: 'localhost', port: 80, tls: null, http2: false }]
    }
    t.match(listenProblem(error, plan), /^listeners\[0\]\.address: cannot listen on localhost:80: this user may not listen there;/)
    t.equal(listenProblem(new Error('something else'), plan), null)
  })
})
