import t from 'tap'
import { setImmediate as turn } from 'node:timers/promises'
import { startGateway } from '../support/gateway.ts'
import { planWith } from '../support/plan.ts'

const UPSTREAMS = 100
const ROUTES = 1100

function largeDocument(mark: string): string {
  return `upstreams:
${Array.from({ length: UPSTREAMS }, (_, i) => `  u${i}: { endpoints: ["http://127.0.0.1:1"] }`).join('\n')}
routes:
${Array.from({ length: ROUTES }, (_, i) => `  - { name: r${i}${i === 0 ? mark : ''}, match: { path: /r${i} }, upstream: u${i % UPSTREAMS} }`).join('\n')}`
}

t.test('a large plan is built, compared and given back in many turns, and leaves nothing behind', async (t) => {
  // A clock that stands still: the turns are counted by steps then, whatever the speed of the machine.
  const clock = { now: () => 0, wall: () => 0, after: () => () => {} }
  const { gateway } = await startGateway(t, '', { plan: planWith(largeDocument(''), []), clock })
  const keys = gateway.stateKeys.length

  let turns = 0
  const counter = new AbortController()
  const count = (): void => {
    if (counter.signal.aborted) return
    turns++
    setImmediate(count)
  }
  count()
  t.equal((await gateway.reload(planWith(largeDocument('x'), []))).result, 'applied')
  counter.abort()
  // 500 steps in a turn at most: 1,200 routes and upstreams, two tables of the router with a route and a leaf for each, and 1,200 comparisons.
  t.ok(turns >= 13, `${turns} turns`)
  while (gateway.generations > 1) await turn()
  t.equal(gateway.stateKeys.length, keys, 'the old generation gave back what it held')
  t.ok(gateway.stateKeys.includes('metrics:route:r0x'))
  t.notOk(gateway.stateKeys.includes('metrics:route:r0'))
})
