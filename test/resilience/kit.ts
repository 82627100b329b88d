import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { send } from '../support/client.ts'
import { startGateway, type Teardown, type TestGateway } from '../support/gateway.ts'

export interface ClockedGateway extends TestGateway {
  readonly clock: FakeClock
}

/** One route `all` for everything to the upstream `shop`, under a clock that the test moves. */
export async function startShop(t: Teardown, upstream: string, more = '', route = ''): Promise<ClockedGateway> {
  const clock = new FakeClock()
  const text = `upstreams:
  shop: ${upstream}
${more}
routes:
  - { name: all, match: { path: "/*" }, upstream: shop${route} }`
  return Object.assign(await startGateway(t, text, { clock }), { clock })
}

/** An address of this machine at which nobody listens. */
export const DEAD = 'http://127.0.0.1:1'

/** The access line of the latest request. */
export function lastRequest(gateway: TestGateway): Record<string, unknown> {
  return gateway.log.findLast((line) => line['msg'] === 'request') ?? {}
}

/** Log lines with that message. */
export function linesOf(gateway: TestGateway, message: string): readonly Record<string, unknown>[] {
  return gateway.log.filter((line) => line['msg'] === message)
}

/** What `/upstreams` says; more than this is looked at with `t.match`. */
export interface UpstreamView {
  readonly endpoints: readonly { readonly state: string; readonly inFlight: number }[]
  readonly bulkhead: { readonly running: number; readonly queued: number; readonly limit: number }
}

export async function upstreamOf(gateway: TestGateway, name = 'shop'): Promise<UpstreamView> {
  const answer = await send(`${gateway.adminUrl}/upstreams`)
  const all = answer.json() as (UpstreamView & { readonly name: string })[]
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no upstream ${name}`)
  return found
}
