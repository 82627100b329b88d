import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

const source = (file: string): string => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href)

/** Of a process of its own: what one thread loads first cannot be undone. */
async function said(script: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--allow-natives-syntax', '--input-type=module', '-e', script])
  return JSON.parse(stdout)
}

const EXTEND = 'class Text extends String {}; class Amount extends Number {};'
const LOOK = '[String, Number].map((of) => %HasFastProperties(of.prototype))'

t.test('V8 gives up the quick form of both prototypes for a class that extends them', async (t) => {
  t.same(await said(`${EXTEND}console.log(JSON.stringify(${LOOK}))`), [false, false])
})

t.test('in the main thread it keeps them, also when the start command and with it ioredis has been loaded', async (t) => {
  t.same(
    await said(`await import(${source('cli/run.ts')}); await import(${source('cli/start.ts')}); ${EXTEND}console.log(JSON.stringify(${LOOK}))`),
    [true, true]
  )
})

t.test("and in a worker's thread", async (t) => {
  // Without its supervisor's message it gets no further than its imports.
  const worker = `import { parentPort } from 'node:worker_threads'; await import(${source('workers/worker-main.ts')}).catch(() => {}); ${EXTEND}parentPort.postMessage(${LOOK})`
  const script = `import { Worker } from 'node:worker_threads';
    const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker)})));
    worker.once('message', (flags) => { console.log(JSON.stringify(flags)); worker.terminate() })`
  t.same(await said(script), [true, true])
})
