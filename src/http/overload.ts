import underPressure from '@fastify/under-pressure'
import Fastify from 'fastify'
import type { OverloadPlan } from '../config/plan.ts'

/** Tells whether new requests should be refused so that those already admitted are finished in time. */
export interface OverloadGuard {
  readonly plan: OverloadPlan
  isOverloaded(): boolean
  close(): Promise<void>
}

/** How long one measurement counts. Long enough to be worth something, short enough to shed before a queue has grown. */
const SAMPLE_MS = 250

/**
 * Watches the event loop by @fastify/under-pressure. Its hook is not used: a route without plugins does not pass through Fastify, and
 * the front door can refuse before any other work. Admin endpoints have a listener of their own and are never refused.
 */
export async function watchOverload(plan: OverloadPlan): Promise<OverloadGuard> {
  const app = Fastify({ logger: false })
  await app.register(underPressure, {
    sampleInterval: SAMPLE_MS,
    maxEventLoopDelay: plan.eventLoopDelayMs ?? 0,
    maxEventLoopUtilization: plan.eventLoopUtilization ?? 0,
    // Its default is the share since the start of the process, which takes hours to rise.
    eventLoopUtilizationMode: 'interval'
  })
  await app.ready()
  return { plan, isOverloaded: () => app.isUnderPressure(), close: () => app.close() }
}
