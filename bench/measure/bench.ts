// One contestant in one case: a fresh process, checked, measured, stopped.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PUBLIC_KEY } from '../cases/tokens.ts'
import type { Case } from '../cases/types.ts'
import type { Contestant, Setup, TlsFiles } from '../contestants/types.ts'
import { freePorts, type Scene } from '../process/scene.ts'
import { askUntil } from '../drive/ask.ts'
import type { Target } from '../drive/request.ts'
import { checkCase, firstQuestion } from './check.ts'
import { measureIdle, measureSlow, measureWebSocket } from './connections.ts'
import type { Amounts, Context, Figures } from './context.ts'
import { measureHttp } from './http.ts'
import { measureReload, measureStart } from './lifecycle.ts'

const READY_MS = 120_000

/** What all runs share. */
export interface Surroundings {
  readonly scene: Scene
  readonly origins: readonly string[]
  readonly tls: TlsFiles | null
  readonly redisUrl: string | null
  readonly amounts: Amounts
  /** Only whether the answers are right. */
  readonly isCheckOnly: boolean
}

/** Why the contestant has no part in the case; null when it has. */
export function leftOut(contestant: Contestant, item: Case, surroundings: Surroundings): string | null {
  const need = item.needs.find((one) => !contestant.can.includes(one))
  if (need !== undefined) return `${contestant.name} has no part in ${item.name}: ${need} is not for it`
  return item.needs.includes('tls') && surroundings.tls === null ? `${item.name} needs openssl on the PATH` : null
}

/** A contestant that is up and has answered rightly. @throws Error when it does not start, or answers wrongly */
export async function open(contestant: Contestant, item: Case, surroundings: Surroundings): Promise<Omit<Context, 'work'>> {
  const { scene, amounts } = surroundings
  const setup = await setupOf(item, surroundings)
  const begun = performance.now()
  const running = contestant.start(scene, setup)
  const target: Target = { port: setup.port, isTls: setup.tls !== null }
  const direct: Target = { port: Number(setup.origins[0]?.split(':')[1]), isTls: false }
  const context = { scene, item, contestant, setup, running, target, direct, amounts }
  try {
    const { request, isRight } = firstQuestion(item)
    await askUntil(target, request, isRight, { ms: READY_MS, isGone: () => running.isGone() })
    const up = { ...context, startMs: performance.now() - begun }
    await checkCase(up)
    await contestant.check?.(target, setup)
    return up
  } catch (error) {
    await close(context)
    throw withWords(error, context)
  }
}

/** @throws Error as `open`, and when the contestant fails under load */
export async function measure(contestant: Contestant, item: Case, surroundings: Surroundings): Promise<Figures> {
  const context = await open(contestant, item, surroundings)
  try {
    return surroundings.isCheckOnly ? {} : await measureWork(context)
  } catch (error) {
    throw withWords(error, context)
  } finally {
    await close(context)
  }
}

export async function close({ running, setup }: Pick<Context, 'running' | 'setup'>): Promise<void> {
  await running.stop()
  rmSync(setup.folder, { recursive: true, force: true })
}

function withWords(error: unknown, { running }: Pick<Context, 'running'>): Error {
  const said = running.errors().trim()
  return new Error(`${(error as Error).message}${said === '' ? '' : `; it said: ${said.slice(-500)}`}`, { cause: error })
}

async function measureWork(context: Omit<Context, 'work'>): Promise<Figures> {
  const { work } = context.item
  switch (work.kind) {
    case 'http':
      return measureHttp({ ...context, work })
    case 'websocket':
      return measureWebSocket({ ...context, work })
    case 'slow':
      return measureSlow({ ...context, work })
    case 'idle':
      return measureIdle({ ...context, work })
    case 'start':
      return measureStart({ ...context, work })
    case 'reload':
      return measureReload({ ...context, work })
  }
}

/** A folder and ports of its own for one run of a contestant. */
export async function setupOf(
  item: Case,
  { scene, origins, tls, redisUrl }: Pick<Surroundings, 'scene' | 'origins' | 'tls' | 'redisUrl'>
): Promise<Setup> {
  const [port = 0, adminPort = 0] = await freePorts(2)
  const folder = join(scene.folder, `run-${port}`)
  mkdirSync(folder)
  const { routes, upstreams } = item
  const publicKey = PUBLIC_KEY.toString()
  const isTls = item.needs.includes('tls')
  return {
    folder,
    port,
    adminPort,
    origins,
    routes,
    upstreams,
    tls: isTls ? tls : null,
    websocket: item.needs.includes('websocket'),
    publicKey,
    redisUrl
  }
}
