import t from 'tap'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtinPlugins } from '../../plugins/index.ts'
import { ConfigSource } from '../../src/cli/config-source.ts'
import { formatIssue } from '../../src/config/issue.ts'
import { loadConfig } from '../../src/config/load.ts'
import { eventually, send } from '../support/client.ts'
import { document, startGateway, type Teardown } from '../support/gateway.ts'
import { temporaryFolder } from '../support/gateway-process.ts'
import { startOrigin } from '../support/origin.ts'

/** Marks answers; where it is imported tells nothing. */
const STAMP = `export default {
  name: 'stamp', phase: 'transform', scopes: ['global', 'route'],
  schema: { type: 'object', properties: { text: { type: 'string' } }, additionalProperties: false },
  register (app, config) { app.addHook('onRequest', async (_request, reply) => { reply.header('x-stamp', config.text) }) }
}`

const CALLBACK = `module.exports = function (app, options, done) {
  app.addHook('onRequest', (_request, reply, next) => { reply.header('x-callback', options.text); next() })
  done()
}`

/** In a thread: holds everything up until a file is there, as a long compilation does. */
const HOLD = `import { existsSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
if (!isMainThread) {
  writeFileSync(new URL('./held', import.meta.url), '')
  const cell = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(new URL('./go', import.meta.url))) Atomics.wait(cell, 0, 0, 5)
}
${STAMP}`

const IN_THREAD_ONLY = `import { isMainThread } from 'node:worker_threads'`

async function startFrom(t: Teardown, files: Readonly<Record<string, string>>) {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const route = (plugins: string) => `upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin, plugins: { ${plugins} } }]`
  const marked = (text: string, module = 'stamp') => document(route(`mark: { use: ./${module}.mjs, config: { text: ${text} } }`))
  const folder = temporaryFolder(t, { 'stamp.mjs': STAMP, 'gateway.yaml': marked('before'), ...files })
  const file = join(folder, 'gateway.yaml')
  const write = (text: string) => writeFileSync(file, text)
  const loaded = await loadConfig({ file, env: {}, builtins: builtinPlugins })
  if (!loaded.ok) throw new Error('the document of this test is not valid')
  const started = await startGateway(t, '', { plan: loaded.plan })
  // Everything goes to the thread, however small.
  const source = new ConfigSource({ args: [], env: { MARK: 'from-env' }, cwd: folder, out() {}, err() {} }, 'gateway.yaml', false, 0)
  t.teardown(() => source.close())
  source.follow(started.gateway)
  const stamp = async () => (await send(started.url)).headers['x-stamp']
  return { ...started, source, folder, file, write, route, stamp, marked }
}

t.test('it gives the plan, the issues and the plugins that this thread would have found', async (t) => {
  const { source, gateway, file, write, route, url } = await startFrom(t, { 'callback.cjs': CALLBACK })
  const here = () => loadConfig({ file, displayName: 'gateway.yaml', env: { MARK: 'from-env' }, builtins: builtinPlugins })

  write(
    document(
      route(
        'a: { use: ./stamp.mjs, config: { text: "${MARK}" } }, b: { fastify: ./callback.cjs, phase: edge, options: { text: back } }, request-id: {}'
      )
    )
  )
  t.match(await source.reread(), { result: 'applied', problems: [] })
  const loaded = await here()
  t.ok(loaded.ok)
  t.equal(gateway.plan.hash, loaded.ok && loaded.plan.hash)
  t.same(gateway.plan.redacted, loaded.ok && loaded.plan.redacted)
  t.match((await send(url)).headers, { 'x-stamp': 'from-env', 'x-callback': 'back', 'x-request-id': /./ })

  write(document(route('a: { use: ./missing.mjs }')).replace('path: /*', 'pth: /*'))
  const wrong = await here()
  t.equal(wrong.issues.length, 3)
  t.match(await source.reread(), { result: 'rejected', problems: wrong.issues.map(formatIssue) })
  t.equal(gateway.plan.hash, loaded.ok && loaded.plan.hash)
  t.equal((await send(url)).headers['x-callback'], 'back')
})

t.test('requests are served meanwhile, and who asks meanwhile gets what is in the file by then', async (t) => {
  const { source, folder, write, stamp, marked, log } = await startFrom(t, { 'hold.mjs': HOLD })
  write(marked('first', 'hold'))
  const first = source.reread()
  await eventually(() => existsSync(join(folder, 'held')))
  write(marked('second'))
  const [second, third] = [source.reread(), source.reread()]
  t.equal(await stamp(), 'before', 'while the first is being compiled')
  write(marked('third'))
  writeFileSync(join(folder, 'go'), '')

  t.same(
    (await Promise.all([first, second, third])).map(({ result }) => result),
    ['applied', 'applied', 'applied']
  )
  t.equal(await stamp(), 'third')
  t.equal(log.filter(({ msg }) => msg === 'configuration applied').length, 2, 'nobody compiled the second')
})

t.test('an end does not wait for it', async (t) => {
  const { source, gateway, folder, write, marked } = await startFrom(t, { 'hold.mjs': HOLD })
  write(marked('first', 'hold'))
  const reload = source.reread()
  await eventually(() => existsSync(join(folder, 'held')))
  const { hash } = gateway.plan
  source.close()
  // Were the thread still there, this process would not end: nothing lets it go on.
  t.match(await reload, { result: 'rejected', problems: ['the gateway is shutting down'] })
  t.match(await source.reread(), { result: 'rejected', problems: ['the gateway is shutting down'] }, 'nor is another begun')
  t.equal(gateway.plan.hash, hash)
})

t.test('a thread that dies costs the reload and nothing else', async (t) => {
  const { source, write, stamp, marked } = await startFrom(t, {
    'exits.mjs': `${IN_THREAD_ONLY}\nif (!isMainThread) process.exit(3)\n${STAMP}`,
    'throws.mjs': `${IN_THREAD_ONLY}\nif (!isMainThread) { setImmediate(() => { throw new Error('boom') }); await new Promise(() => { setInterval(() => {}, 1000) }) }\n${STAMP}`,
    'here.mjs': `${IN_THREAD_ONLY}\nif (isMainThread) throw new Error('not in this thread')\n${STAMP}`
  })
  for (const [module, problem] of [
    ['exits', /^the thread that compiles the configuration failed: it ended with code 3$/],
    ['throws', /^the thread that compiles the configuration failed: boom$/],
    ['here', /not in this thread/]
  ] as const) {
    write(marked(module, module))
    t.match(await source.reread(), { result: 'rejected', problems: [problem] }, module)
    t.equal(await stamp(), 'before', module)
  }
  write(marked('after'))
  t.equal((await source.reread()).result, 'applied')
  t.equal(await stamp(), 'after')
})
