import t from 'tap'
import { calendarEndUs, calendarStartUs } from '../../src/policy/limiter/calendar.ts'
import {
  ageFixedWindow,
  decideFixedWindow,
  newFixedWindowState,
  recordFixedWindow,
  resetOfFixedWindowUs
} from '../../src/policy/limiter/fixed-window.ts'
import { compileTerms } from '../../src/policy/limiter/terms.ts'
import type { LimitCalendar, LimitRule } from '../../src/policy/limiter/types.ts'
import fc from '../support/property.ts'

const START_US = 1_900_000_000_321_000

function ruleOf(limit: number, windowMs: number, calendar: LimitCalendar | null): LimitRule {
  return { id: 'r', algorithm: 'fixed-window', limit, windowMs, burst: 1, calendar }
}

const costs = fc.integer({ min: -3, max: 7 })
const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 700_000 }), costs, fc.boolean(), fc.integer({ min: 1, max: 9 })), { maxLength: 80 })

t.test('a fixed window counts what came since the first admission in it', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), steps, (first, steps) => {
      const state = newFixedWindowState()
      let [limit, nowUs] = [first, START_US]
      let units: number[] = []
      for (const [us, cost, changes, nextLimit] of steps) {
        nowUs += us
        if (changes) limit = nextLimit
        const terms = compileTerms(ruleOf(limit, 1000, null))
        if (nowUs - (units[0] ?? nowUs) >= 1_000_000) units = []
        ageFixedWindow(terms, state, nowUs)
        const wanted = Math.max(0, cost)
        const allowed = wanted === 0 || units.length + wanted <= limit
        const resetMs = units.length > 0 ? ((units[0] as number) + 1_000_000 - nowUs) / 1000 : 0
        const verdict = decideFixedWindow(terms, state, wanted, nowUs)
        const remaining = Math.max(0, limit - units.length - (allowed ? wanted : 0))
        const expected = {
          allowed,
          remaining,
          resetMs: allowed && units.length === 0 && wanted > 0 ? 1000 : resetMs,
          retryAfterMs: allowed ? 0 : wanted > limit ? Infinity : resetMs
        }
        if (JSON.stringify(verdict) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(verdict)} not ${JSON.stringify(expected)}`)
        if (!allowed) continue
        recordFixedWindow(state, cost)
        if (cost < 0) units.splice(Math.max(0, units.length + cost))
        for (let i = 0; i < cost; i++) units.push(units[0] ?? nowUs)
        if (state.count !== units.length) throw new Error(`counts ${state.count}, not ${units.length}`)
        if (resetOfFixedWindowUs(terms, state, nowUs) > 0 !== units.length > 0) throw new Error('another reset')
      }
    }),
    { numRuns: 400 }
  )
  t.pass('all runs agreed')
  t.end()
})

t.test('windows of the calendar begin and end with it, in UTC', (t) => {
  const us = (text: string): number => Date.parse(text) * 1000
  for (const [calendar, at, start, end] of [
    ['minute', '2026-11-21T12:34:56.789Z', '2026-11-21T12:34:00Z', '2026-11-21T12:35:00Z'],
    ['hour', '2026-11-21T12:34:56.789Z', '2026-11-21T12:00:00Z', '2026-11-21T13:00:00Z'],
    ['day', '2026-11-21T23:59:59.999Z', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
    ['day', '2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
    ['month', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z']
  ] as const) {
    t.equal(calendarStartUs(calendar, us(at)), us(start), `${calendar} of ${at} begins`)
    t.equal(calendarEndUs(calendar, us(at)), us(end), `${calendar} of ${at} ends`)
  }
  const terms = compileTerms(ruleOf(3, 86_400_000, 'day'))
  const state = newFixedWindowState()
  ageFixedWindow(terms, state, us('2026-11-21T23:59:59Z'))
  recordFixedWindow(state, 3)
  t.match(decideFixedWindow(terms, state, 1, us('2026-11-21T23:59:59Z')), { allowed: false, remaining: 0, resetMs: 1000, retryAfterMs: 1000 })
  ageFixedWindow(terms, state, us('2026-11-22T00:00:00Z') - 1)
  t.equal(state.count, 3, 'a microsecond before')
  ageFixedWindow(terms, state, us('2026-11-22T00:00:00Z'))
  t.equal(state.count, 0)
  t.end()
})

t.test('a clock that is set back does not close a window for longer, nor open it twice over a boundary', (t) => {
  const us = (text: string): number => Date.parse(text) * 1000
  const fixed = compileTerms(ruleOf(3, 60_000, null))
  const state = newFixedWindowState()
  ageFixedWindow(fixed, state, START_US)
  recordFixedWindow(state, 3)
  ageFixedWindow(fixed, state, START_US - 3_600_000_000)
  t.match(decideFixedWindow(fixed, state, 1, START_US - 3_600_000_000), { allowed: false, retryAfterMs: 60_000 })

  const hourly = compileTerms(ruleOf(3, 3_600_000, 'hour'))
  const small = newFixedWindowState()
  ageFixedWindow(hourly, small, us('2026-11-21T12:00:01Z'))
  recordFixedWindow(small, 2)
  ageFixedWindow(hourly, small, us('2026-11-21T11:59:58Z'))
  t.match(decideFixedWindow(hourly, small, 2, us('2026-11-21T11:59:58Z')), { allowed: false, remaining: 1, retryAfterMs: 3_602_000 })
  ageFixedWindow(hourly, small, us('2026-11-21T12:00:02Z'))
  t.equal(small.count, 2, 'a small step back forgets nothing at the boundary')

  const large = newFixedWindowState()
  ageFixedWindow(hourly, large, us('2026-11-22T12:00:01Z'))
  recordFixedWindow(large, 3)
  ageFixedWindow(hourly, large, us('2026-11-21T11:30:00Z'))
  t.match(
    decideFixedWindow(hourly, large, 1, us('2026-11-21T11:30:00Z')),
    { allowed: false, retryAfterMs: 1_800_000 },
    'closed for half an hour, not a day'
  )
  ageFixedWindow(hourly, large, us('2026-11-21T12:00:00Z'))
  t.equal(large.count, 0)
  t.end()
})
