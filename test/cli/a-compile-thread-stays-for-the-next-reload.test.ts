import t from 'tap'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Worker } from 'node:worker_threads'
import { builtinPlugins } from '../../plugins/index.ts'
import { ConfigCompiler } from '../../src/cli/config-compiler.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { nextTurn } from '../../src/system/turn.ts'
import { eventually } from '../support/client.ts'
import { document, type Teardown } from '../support/gateway.ts'
import { temporaryFolder } from '../support/gateway-process.ts'

const MINUTE_MS = 60_000

/** Every thread that this process starts. */
const threads: Worker[] = []
process.on('worker', (worker) => threads.push(worker))

function prepare(t: Teardown, script?: URL) {
  const folder = temporaryFolder(t, { secret: 'first' })
  const file = join(folder, 'gateway.yaml')
  writeFileSync(
    file,
    document(
      'upstreams: { u: { endpoints: ["${URL}"], tls: { serverName: "${file:secret}" } } }\nroutes: [{ name: r, match: { path: /* }, upstream: u }]'
    )
  )
  const clock = new FakeClock()
  const closing = new AbortController()
  t.teardown(() => closing.abort())
  const compiler = new ConfigCompiler({ builtins: builtinPlugins, clock, signal: closing.signal, ...(script === undefined ? {} : { script }) })
  threads.length = 0
  const load = (url: string) => compiler.load({ file, displayName: 'gateway.yaml', env: { URL: url } })
  /** What the upstream of the plan has from the environment and from the file. */
  const read = async (url: string) => {
    const loaded = await load(url)
    if (!loaded.ok) throw new Error(loaded.issues.map(({ message }) => message).join('; '))
    const [upstream] = loaded.plan.upstreams
    return JSON.stringify(upstream).includes(new URL(url).hostname) && /first|second/.exec(JSON.stringify(upstream))?.[0]
  }
  return { folder, clock, closing, compiler, load, read }
}

t.test('one thread serves several reloads, each with what is there by then, until it has had nothing to do for five minutes', async (t) => {
  const { folder, clock, read } = prepare(t)
  t.equal(await read('https://one.test'), 'first')
  clock.advance(4 * MINUTE_MS)
  writeFileSync(join(folder, 'secret'), 'second')
  t.equal(await read('https://two.test'), 'second')
  t.equal(threads.length, 1)

  clock.advance(4 * MINUTE_MS)
  t.equal(await read('https://three.test'), 'second')
  t.equal(threads.length, 1, 'the time begins anew with each reload')

  const ended = once(threads[0] as Worker, 'exit')
  clock.advance(5 * MINUTE_MS)
  await ended
  t.equal(await read('https://four.test'), 'second')
  t.equal(threads.length, 2)
})

t.test('one that has died meanwhile is replaced', async (t) => {
  const { closing, read } = prepare(t)
  await read('https://one.test')
  // Its end is not known yet when the next one asks.
  void threads[0]?.terminate()
  t.equal(await read('https://two.test'), 'first')
  t.equal(threads.length, 2)

  const ended = once(threads[1] as Worker, 'exit')
  closing.abort()
  await ended
  t.pass('and one that waits is gone with the gateway')
})

t.test('where one is to be ready, it waits from then on, and a fresh one takes the place of one that has compiled', async (t) => {
  const { clock, closing, compiler, read } = prepare(t)
  compiler.getReady()
  await once(process, 'worker')
  clock.advance(5 * MINUTE_MS)
  t.equal(await read('https://one.test'), 'first')
  t.equal(threads.length, 1, 'one that has compiled nothing stays as long as it takes')

  const ended = once(threads[0] as Worker, 'exit')
  clock.advance(5 * MINUTE_MS)
  await ended
  t.equal(threads.length, 2)
  t.equal(await read('https://two.test'), 'first')
  t.equal(threads.length, 2)

  const last = once(threads[1] as Worker, 'exit')
  closing.abort()
  await last
  t.equal(threads.length, 2)
})

t.test('one that does not answer is ended', async (t) => {
  const { clock, load } = prepare(
    t,
    new URL('data:text/javascript,import { parentPort } from "node:worker_threads"; parentPort.on("message", () => {})')
  )
  const loading = load('https://one.test')
  await eventually(() => threads.length === 1)
  const ended = once(threads[0] as Worker, 'exit')
  clock.advance(5 * MINUTE_MS)
  await t.rejects(loading, { message: 'the thread that compiles the configuration failed: it took longer than 300 s' })
  await ended
  t.equal(threads.length, 1, 'nor is another tried')
})

t.test('one that answers what is no answer is ended', async (t) => {
  const { load } = prepare(
    t,
    new URL('data:text/javascript,import { parentPort } from "node:worker_threads"; parentPort.on("message", () => parentPort.postMessage("?"))')
  )
  await t.rejects(load('https://one.test'), { message: 'the thread that compiles the configuration failed: its answer is no report' })
  t.equal(threads[0]?.threadId, -1, 'it has ended')
})

t.test('of what a thread has sent nothing is kept but the plan that is used', async (t) => {
  const { folder, load } = prepare(t)
  const routes = Array.from({ length: 2000 }, (_, i) => `  - { name: r${i}, match: { path: /svc${i}/* }, upstream: u }`)
  const text = document(`upstreams: { u: { endpoints: ["\${URL}"] } }\nroutes:\n${routes.join('\n')}\n`)
  writeFileSync(join(folder, 'gateway.yaml'), text)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const usedMib = async (): Promise<number> => {
    // What a turn has asked for lives until its end.
    await nextTurn()
    collect()
    return process.memoryUsage().heapUsed / 1024 ** 2
  }
  const before = await usedMib()
  let plan: unknown = (await load('https://one.test')).ok
  const loadOnce = async () => {
    const loaded = await load('https://two.test')
    if (loaded.ok) ({ plan } = loaded)
  }
  await loadOnce()
  const one = (await usedMib()) - before
  for (let i = 0; i < 4; i++) await loadOnce()
  const six = (await usedMib()) - before
  t.equal(threads.length, 1)
  t.ok(plan)
  t.ok(one > 1 && six < 1.5 * one, `${one.toFixed(1)} MiB, then ${six.toFixed(1)}`)
})
