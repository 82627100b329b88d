import { setTimeout } from 'node:timers/promises'
import { requestsFor } from '../cases/parts.ts'
import { maxClients } from '../contestants/server.ts'
import { closedLoop } from '../drive/closed-loop.ts'
import { crowd, openIdle } from '../drive/crowd.ts'
import type { BenchRequest } from '../drive/request.ts'
import { echo } from '../drive/websocket.ts'
import { tokenFor } from '../cases/tokens.ts'
import { type Context, type Figures, residentMib, warmUpSeconds, withCpu, withCpuInCalm } from './context.ts'

const SETTLE_MS = 1500
const CROWD_LIMIT_MS = 45_000
/** Checks and the like need some connections beside the crowd. */
const SPARE = 50

export async function measureWebSocket(context: Context<'websocket'>): Promise<Figures> {
  const { work, target, amounts } = context
  const headers = { authorization: `Bearer ${tokenFor(0)}` }
  const load = { connections: work.connections, bytes: work.bytes, headers }
  await echo(target.port, work.path, { ...load, seconds: warmUpSeconds(context) })
  const { result, cpuUs, busy } = await withCpuInCalm(context, () => echo(target.port, work.path, { ...load, seconds: amounts.seconds }))
  return {
    cpuUs: cpuUs / result.messages,
    rate: result.messages / result.seconds,
    busy,
    p50: result.latency.p50,
    p99: result.latency.p99,
    peakMib: residentMib(context).peak
  }
}

export async function measureSlow(context: Context<'slow'>): Promise<Figures> {
  const { work, target } = context
  const connections = Math.min(work.connections, maxClients() - SPARE)
  await closedLoop(
    target,
    requestsFor(() => '/api/products/small'),
    { connections: 64, seconds: 1 }
  )
  const begun = performance.now()
  const { result, cpuUs } = await withCpu(context, async () => {
    const seen = await crowd(target, first(`/api/products/slow-${work.delayMs}`), { ...work, connections, limitMs: CROWD_LIMIT_MS })
    return { ...seen, seconds: (performance.now() - begun) / 1000 }
  })
  return {
    connections,
    answered: (result.answers / (connections * work.each)) * 100,
    cpuUs: cpuUs / Math.max(1, result.answers),
    addedP50: result.added.p50,
    addedP99: result.added.p99,
    peakMib: residentMib(context).peak
  }
}

export async function measureIdle(context: Context<'idle'>): Promise<Figures> {
  const { work, target } = context
  const connections = Math.min(work.connections, maxClients() - SPARE)
  await closedLoop(
    target,
    requestsFor(() => '/api/products/small'),
    { connections: 64, seconds: 1 }
  )
  await setTimeout(SETTLE_MS)
  const beforeMib = residentMib(context).now
  const open = await openIdle(target, first('/api/products/small'), connections)
  await setTimeout(SETTLE_MS)
  const withMib = residentMib(context).now
  const lost = open.filter(({ isOpen }) => !isOpen).length
  for (const connection of open) connection.close()
  if (lost > 0) throw new Error(`${lost} of ${connections} idle connections were closed`)
  return { connections, beforeMib, mibPer10k: ((withMib - beforeMib) * 10_000) / connections }
}

function first(path: string): BenchRequest {
  const [request] = requestsFor(() => path)
  return request as BenchRequest
}
