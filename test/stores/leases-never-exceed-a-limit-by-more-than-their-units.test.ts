import t from 'tap'
import type { LimitAlgorithm, LimitRule, LimitVerdict } from '../../src/plugin-api/index.ts'
import { leasedRule, question, SharedCount } from '../support/leases.ts'
import fc from '../support/property.ts'

const GATEWAYS = 3
const UNITS = 5
const FOR_MS = 40
const WINDOW_MS = 200

function ruleOf(algorithm: LimitAlgorithm, more: Partial<LimitRule> = {}): LimitRule {
  return leasedRule(algorithm, { limit: 20, burst: 16, windowMs: WINDOW_MS, lease: { units: UNITS, forMs: FOR_MS }, ...more })
}

interface Admission {
  readonly atMs: number
  readonly units: number
}

/** By how much the limit was exceeded in the worst stretch of time. */
function excessOf(rule: LimitRule, admissions: readonly Admission[]): number {
  let worst = 0
  for (let first = 0; first < admissions.length; first++) {
    let sum = 0
    for (const { atMs, units } of admissions.slice(first)) {
      const lengthMs = atMs - (admissions[first] as Admission).atMs
      if (rule.algorithm !== 'gcra' && lengthMs >= rule.windowMs) break
      sum += units
      worst = Math.max(worst, sum - mostIn(rule, lengthMs))
    }
  }
  return worst
}

/** What the limit itself allows in a stretch of this length, both ends included; of windows, one that is shorter than the window. */
function mostIn({ algorithm, limit, burst, windowMs }: LimitRule, lengthMs: number): number {
  if (algorithm === 'gcra') return burst + Math.floor((lengthMs * limit) / windowMs)
  return algorithm === 'fixed-window' ? 2 * limit : limit
}

/** What gateways admit by and by. A request counts at the moment of its decision. */
class Fleet {
  readonly shared = new SharedCount()
  readonly gateways = Array.from({ length: GATEWAYS }, () => this.shared.gateway())
  readonly admissions: Admission[] = []
  requests = 0

  readonly rule: LimitRule

  constructor(rule: LimitRule) {
    this.rule = rule
  }

  async ask(gateway: number, cost = 1): Promise<void> {
    this.requests++
    const verdicts: readonly LimitVerdict[] = (await this.gateways[gateway]?.consume([question(this.rule, cost)])) ?? []
    if (verdicts[0]?.allowed === true) this.admissions.push({ atMs: this.shared.clock.now(), units: cost })
  }

  async askOften(gateway: number, times: number): Promise<void> {
    for (let i = 0; i < times; i++) await this.ask(gateway)
  }

  get excess(): number {
    return excessOf(this.rule, this.admissions)
  }
}

t.test('no stretch of time sees more than the limit and the units of each gateway', async (t) => {
  // What somebody would do who knows how leases work: a little from everybody, wait until just before or after they end, then all at once.
  const step = fc.record({
    waitMs: fc.oneof(fc.constantFrom(0, 1, FOR_MS - 1, FOR_MS, WINDOW_MS - FOR_MS, WINDOW_MS - 1), fc.integer({ min: 0, max: WINDOW_MS })),
    from: fc.constantFrom([0], [1, 2], [0, 1, 2]),
    cost: fc.constantFrom(1, 1, 1, 2),
    times: fc.constantFrom(1, UNITS - 1, 25)
  })
  const plan = fc.record({
    rule: fc.constantFrom(ruleOf('gcra'), ruleOf('gcra', { limit: 100 }), ruleOf('sliding-window'), ruleOf('fixed-window')),
    steps: fc.array(step, { minLength: 6, maxLength: 14 })
  })
  const seen = { admitted: 0, refused: 0, worst: 0 }
  await fc.assert(
    fc.asyncProperty(plan, async ({ rule, steps }) => {
      const fleet = new Fleet(rule)
      for (const { waitMs, from, cost, times } of steps) {
        if (waitMs > 0) await fleet.shared.wait(waitMs)
        for (const gateway of from) for (let i = 0; i < times; i++) await fleet.ask(gateway, cost)
      }
      seen.admitted += fleet.admissions.length
      seen.refused += fleet.requests - fleet.admissions.length
      seen.worst = Math.max(seen.worst, fleet.excess)
      return fleet.excess <= GATEWAYS * (UNITS - 1)
    }),
    { numRuns: process.env['FUZZ'] === undefined ? 300 : 3000 }
  )
  t.ok(seen.admitted > 1000 && seen.refused > 1000, `${seen.admitted} were admitted, ${seen.refused} refused, the worst excess was ${seen.worst}`)
})

t.test('and that much is reached by those who plan it', async (t) => {
  const most = GATEWAYS * (UNITS - 1)

  await t.test('sliding-window: the shares are used late, and their room comes back by the time they were taken', async (t) => {
    const fleet = new Fleet(ruleOf('sliding-window'))
    for (let i = 0; i < GATEWAYS; i++) await fleet.ask(i)
    await fleet.shared.wait(FOR_MS - 1)
    for (let i = 0; i < GATEWAYS; i++) await fleet.askOften(i, UNITS - 1)
    await fleet.askOften(0, 30)
    await fleet.shared.wait(WINDOW_MS - FOR_MS + 1)
    await fleet.askOften(0, 30)
    t.equal(fleet.excess, most)
  })

  await t.test('gcra: the shares are used when the bucket has forgotten them', async (t) => {
    const fleet = new Fleet(ruleOf('gcra', { limit: 100 }))
    for (let i = 0; i < GATEWAYS; i++) await fleet.ask(i)
    await fleet.shared.wait(FOR_MS - 1)
    for (let i = 0; i < GATEWAYS; i++) await fleet.askOften(i, UNITS - 1)
    await fleet.askOften(0, 30)
    t.equal(fleet.excess, most)
  })

  await t.test('fixed-window: the shares of one window are used in the next', async (t) => {
    const fleet = new Fleet(ruleOf('fixed-window'))
    await fleet.askOften(0, UNITS)
    await fleet.shared.wait(WINDOW_MS - FOR_MS + 2)
    for (let i = 0; i < GATEWAYS; i++) await fleet.ask(i)
    await fleet.shared.wait(FOR_MS - 2)
    for (let i = 0; i < GATEWAYS; i++) await fleet.askOften(i, UNITS - 1)
    await fleet.askOften(0, 30)
    await fleet.shared.wait(WINDOW_MS - 1)
    await fleet.shared.wait(1)
    const inWindow = fleet.admissions.filter(({ atMs }) => atMs - (fleet.admissions.at(-1)?.atMs ?? 0) === 0)
    t.equal(
      inWindow.reduce((sum, { units }) => sum + units, 0),
      20 + most,
      'in one window'
    )
  })
})
