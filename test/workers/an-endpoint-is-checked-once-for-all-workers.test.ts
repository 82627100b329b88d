import t from 'tap'
import type { ChecksOptions } from '../../src/generation/members.ts'
import { compilePlan, document } from '../support/gateway.ts'
import { startSupervisor } from './kit.ts'

const optionsOf = (origin: string, interval = '1s'): ChecksOptions => {
  const { upstreams } = compilePlan(
    document(`
upstreams: { orders: { endpoints: ["${origin}"], healthCheck: { path: /health, interval: ${interval}, timeout: 1s } } }
routes: [{ name: all, match: { path: /* }, upstream: orders }]`)
  )
  return { origin, rule: upstreams[0]?.healthCheck as ChecksOptions['rule'], tls: null }
}

const A = 'http://a:1'

t.test('workers share the checks of an endpoint, and hear of each change', async (t) => {
  const { checks, join } = startSupervisor(t)
  const [first, second] = [join(0), join(1)]
  const mine = first.checks.start(optionsOf(A))
  const twice = first.checks.start(optionsOf(A))
  const other = second.checks.start(optionsOf(A))
  const heard: string[] = []
  other.onStatus = (status, reason) => heard.push(`${status} ${reason}`)
  let isReady = false
  void mine.ready.then(() => (isReady = true))
  const settled = () => Promise.all([first.settled(), second.settled()])
  await settled()
  t.equal(isReady, false, 'the first check has not been made')
  t.equal(mine.status, 'unknown')

  checks.get(A)?.say('unhealthy', 'status 500')
  await Promise.all([mine.ready, twice.ready, other.ready])
  for (const check of [mine, twice, other]) t.match(check, { status: 'unhealthy', reason: 'status 500' })
  checks.get(A)?.say('healthy')
  await settled()
  t.match(mine, { status: 'healthy', reason: 'status 500' }, 'the reason of the last failure stays')
  t.same(heard, ['unhealthy status 500', 'healthy '])

  const late = second.checks.start(optionsOf(A))
  await late.ready
  t.equal(late.status, 'healthy', 'what is known is told at once')
})

t.test('an endpoint is checked for as long as any worker wants it', async (t) => {
  const { checks, join } = startSupervisor(t)
  const [first, second] = [join(0), join(1)]
  const mine = first.checks.start(optionsOf(A))
  const other = second.checks.start(optionsOf(A))
  first.checks.start(optionsOf('http://b:1'))
  await Promise.all([first.settled(), second.settled()])
  t.same([...checks.keys()], [A, 'http://b:1'])
  mine.stop()
  await mine.ready
  await first.settled()
  checks.get(A)?.say('healthy')
  await Promise.all([first.settled(), second.settled()])
  t.equal(other.status, 'healthy', 'the other still hears')
  t.equal(mine.status, 'unknown', 'who has stopped does not')
  first.die()
  t.same([...checks.keys()], [A], 'what only the dead one wanted has ended')
  other.stop()
  await second.settled()
  t.equal(checks.size, 0)

  const again = join(0)
  again.checks.start(optionsOf(A))
  await again.settled()
  t.equal(checks.get(A)?.status, 'unknown', 'and begins anew')
})

t.test('other rules are other checks', async (t) => {
  const { checks, join } = startSupervisor(t)
  const worker = join(0)
  const slow = worker.checks.start(optionsOf(A, '1s'))
  await worker.settled()
  const before = checks.get(A)
  slow.stop()
  worker.checks.start(optionsOf(A, '2s'))
  await worker.settled()
  t.not(checks.get(A), before)
})
