import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { builtinPlugins } from '../../plugins/index.ts'
import type { ReloadStatus } from '../../src/admin/admin.ts'
import { formatIssues } from '../../src/config/issue.ts'
import { loadConfig } from '../../src/config/load.ts'
import { threadsClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { Supervisor } from '../../src/workers/supervisor.ts'
import { type Answer, eventually, send } from './client.ts'
import { document, type Teardown } from './gateway.ts'
import { temporaryFolder } from './gateway-process.ts'

export interface TestWorkers {
  readonly supervisor: Supervisor
  readonly url: string
  readonly adminUrl: string
  /** Log lines of the supervisor so far, parsed. */
  readonly log: readonly Record<string, unknown>[]
  /** Writes another document, perhaps with one more listener, and reads it as a change of the file would. */
  reload(text: string, moreAt?: string): Promise<ReloadStatus>
  /** One answer of each worker, by its name in `x-worker`. */
  ofEach(path: string): Promise<ReadonlyMap<string, Answer>>
}

/** Tells by `x-worker` which thread has answered, and ends that thread when it is told to by `x-crash`. */
const TELL_WORKER = `
const { threadId } = require('node:worker_threads')
module.exports = async function tell (app, options) {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-worker', String(threadId))
    reply.header('x-said', options.say ?? '')
    if (request.headers['x-crash'] !== undefined) setImmediate(() => { throw new Error('crashed as told') })
  })
}
`

/** For routes and globally: \`plugins: { tell: … }\`. */
export function tell(say: string): string {
  return `tell: { fastify: ./tell.cjs, options: { say: ${say} } }`
}

/**
 * Starts two workers on a free port. They write to the log of this process, so theirs is silent.
 * @param text As for `startGateway`, without `workers` and `telemetry`.
 */
export async function startWorkers(t: Teardown, text: string, files: Readonly<Record<string, string>> = {}): Promise<TestWorkers> {
  const whole = (body: string): string => document(`telemetry: { log: { level: silent } }\nworkers: 2\n${body}`)
  const folder = temporaryFolder(t, { 'tell.cjs': TELL_WORKER, ...files, 'gateway.yaml': whole(text) })
  const load = async () => {
    const loaded = await loadConfig({ file: join(folder, 'gateway.yaml'), displayName: 'gateway.yaml', env: {}, builtins: builtinPlugins })
    if (!loaded.ok) throw new Error(formatIssues(loaded.issues))
    return loaded
  }
  const log: Record<string, unknown>[] = []
  const { plan, snapshot } = await load()
  const supervisor = new Supervisor({
    plan,
    source: snapshot,
    workers: 2,
    log: memoryLog(log),
    clock: threadsClock,
    random: createSystemRandom()
  })
  await supervisor.listen()
  t.teardown(() => supervisor.close())
  const url = `http://127.0.0.1:${supervisor.port()}`
  return {
    supervisor,
    url,
    adminUrl: `http://127.0.0.1:${supervisor.adminPort}`,
    log,
    async reload(body, moreAt) {
      const more = moreAt === undefined ? '' : `, { address: "${moreAt}" }`
      writeFileSync(join(folder, 'gateway.yaml'), whole(body).replace('{ address: "127.0.0.1:0" }', `$&${more}`))
      const next = await load()
      return supervisor.reload(next.plan, next.snapshot)
    },
    async ofEach(path) {
      const answers = new Map<string, Answer>()
      // The system deals connections out by chance.
      await eventually(async () => {
        const answer = await send(url + path)
        answers.set(String(answer.headers['x-worker']), answer)
        if (answers.size < 2) throw new Error('only one worker has answered')
      }, 10_000)
      return answers
    }
  }
}

/** Many requests at once, each over a connection of its own; those that got no answer have status 0. */
export async function sendAtOnce(url: string, count: number): Promise<readonly { readonly status: number; readonly worker: string }[]> {
  const one = (): Promise<{ readonly status: number; readonly worker: string }> =>
    send(url).then(
      ({ status, headers }) => ({ status, worker: String(headers['x-worker']) }),
      () => ({ status: 0, worker: '' })
    )
  return Promise.all(Array.from({ length: count }, one))
}

function memoryLog(lines: Record<string, unknown>[]) {
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line) as Record<string, unknown>)
      done()
    }
  })
  const log = createLog('info', threadsClock, destination)
  // The document's level is for the workers.
  Object.defineProperty(log, 'level', { get: () => 'info', set() {} })
  return log
}
