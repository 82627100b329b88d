// The gateway itself: bare, with a standard chain, and with limits in Redis.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, type Answer } from '../drive/ask.ts'
import type { Target } from '../drive/request.ts'
import { tokenFor } from '../cases/tokens.ts'
import { packageVersion } from '../process/machine.ts'
import { findProgram } from '../process/programs-on-path.ts'
import { redisScripts } from '../process/redis.ts'
import { startProgram } from './node-program.ts'
import { sallyportDocument, type Chain } from './sallyport-document.ts'
import type { Contestant, Running, Setup } from './types.ts'
import type { Scene } from '../process/scene.ts'

const PATIENCE_MS = 3000

function start(scene: Scene, setup: Setup, chain: Chain): Running {
  const file = join(setup.folder, 'gateway.yaml')
  writeFileSync(file, sallyportDocument(setup, chain))
  const running = startProgram(scene, 'sallyport', setup, [file])
  return {
    ...running,
    reload: async (next) => {
      writeFileSync(`${file}.new`, sallyportDocument(next, chain))
      renameSync(`${file}.new`, file)
      process.kill(running.pid, 'SIGHUP')
    }
  }
}

/** Every part of the chain, or its cost would not be in the figure. */
async function checkChain(target: Target, setup: Setup): Promise<void> {
  const path = `${setup.routes[0]?.prefix ?? ''}/seen`
  const get = (headers: Readonly<Record<string, string>>): Promise<Answer> => ask(target, { method: 'GET', path, headers, body: null })
  expect((await get({})).status === 401, 'a request without a token was let in')
  const answer = await get({ authorization: `Bearer ${tokenFor(0)}` })
  const seen = (JSON.parse(answer.body.toString()) as { headers: Readonly<Record<string, string>> }).headers
  expect(answer.headers['ratelimit'] !== undefined, 'the limit is not told')
  expect(answer.headers['x-request-id'] !== undefined && seen['x-request-id'] === answer.headers['x-request-id'], 'there is no request id')
  expect(seen['x-user-id'] === 'user-0', 'the upstream is not told of the caller')
  const until = performance.now() + PATIENCE_MS
  const isLogged = (): boolean => readFileSync(join(setup.folder, 'stdout.log'), 'utf8').includes(String(answer.headers['x-request-id']))
  while (!isLogged() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(isLogged(), 'the access log has no line')
}

function expect(holds: boolean, fault: string): void {
  if (!holds) throw new Error(fault)
}

function contestant(chain: Chain, name: string, title: string, more: Partial<Contestant>): Contestant {
  return {
    name,
    title,
    can: ['tls', 'websocket', 'routes', 'reload'],
    missing: () => null,
    version: () => packageVersion('.'),
    start: (scene, setup) => start(scene, setup, chain),
    ...more
  }
}

export const sallyport = contestant('bare', 'sallyport', 'Sallyport, bare', {})

export const sallyportStandard = contestant('standard', 'sallyport-standard', 'Sallyport, standard chain', { check: checkChain })

export const sallyportRedis = contestant('redis', 'sallyport-redis', 'Sallyport, limit in Redis', {
  missing: () => (findProgram('redis-server') === null ? 'there is no redis-server on the PATH' : null),
  async check(target, setup) {
    // Right after the start the link to Redis may still be on its way up, and limits are counted by the gateway itself.
    const until = performance.now() + PATIENCE_MS
    do await checkChain(target, setup)
    while ((await redisScripts(setup.redisUrl ?? '')) === 0 && performance.now() < until)
    expect((await redisScripts(setup.redisUrl ?? '')) > 0, 'nothing is counted in Redis')
  }
})
