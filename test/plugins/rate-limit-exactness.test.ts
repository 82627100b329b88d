import fc from '../support/property.ts'
import t from 'tap'
import { WindowCounters } from '../../plugins/rate-limit/window-counters.ts'

const START = 9_007_199_254_741

const steps = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), after: fc.oneof(fc.nat(30), fc.constantFrom(99, 100, 101)) }), {
  maxLength: 300
})

t.test('decides as the naive model does', async () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 7 }), (requests, limit) => {
      const rule = { limit, windowMs: 100, maxKeys: 10 }
      const counters = new WindowCounters()
      const model = new Map<string, { start: number; count: number }>()
      let now = START
      for (const { key, after } of requests) {
        now += after
        let window = model.get(key)
        if (window === undefined || now >= window.start + 100) model.set(key, (window = { start: now, count: 0 }))
        window.count++
        const taken = counters.take(key, now, rule)
        if (taken.current <= limit !== window.count <= limit) return false
        if (taken.ttlMs !== window.start + 100 - now) return false
      }
      return true
    })
  )
})

t.test('admits exactly the limit in a window, and then exactly as many in the next', async (t) => {
  const rule = { limit: 50, windowMs: 1000, maxKeys: 10 }
  const counters = new WindowCounters()
  const admitted = (from: number) =>
    Array.from({ length: 999 }, (_, ms) => counters.take('a', from + ms, rule)).filter(({ current }) => current <= 50).length
  t.equal(admitted(START), 50)
  t.equal(admitted(START + 1000), 50)
})

t.test('never holds more callers than it may, whatever comes', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(60)), { maxLength: 400 }), fc.integer({ min: 1, max: 9 }), (requests, maxKeys) => {
      const counters = new WindowCounters()
      let now = START
      return requests.every(([key, after]) => {
        counters.take(`caller ${key}`, (now += after), { limit: 3, windowMs: 100, maxKeys })
        return counters.size <= maxKeys
      })
    })
  )
})

t.test('gives up expired counts before those that still run', async (t) => {
  const rule = { limit: 1, windowMs: 100, maxKeys: 2 }
  const counters = new WindowCounters()
  counters.take('old', START, rule)
  counters.take('running', START + 90, rule)
  counters.take('new', START + 110, rule)
  t.equal(counters.take('running', START + 111, rule).current, 2, 'still counted')
  t.equal(counters.take('new', START + 111, rule).current, 2, 'still counted')
})

t.test('gives up the oldest running count when all of them run', async (t) => {
  const rule = { limit: 1, windowMs: 100, maxKeys: 2 }
  const counters = new WindowCounters()
  for (const key of ['first', 'second', 'third']) counters.take(key, START, rule)
  t.equal(counters.take('second', START + 1, rule).current, 2, 'still counted')
  t.equal(counters.take('first', START + 1, rule).current, 1, 'begun anew')
})

t.test('expired counts go while new callers come', async (t) => {
  const rule = { limit: 1, windowMs: 100, maxKeys: 1000 }
  const counters = new WindowCounters()
  for (let i = 0; i < 500; i++) counters.take(`early ${i}`, START, rule)
  for (let i = 0; i < 250; i++) counters.take(`late ${i}`, START + 100, rule)
  t.equal(counters.size, 250)
})

t.test('a renewed window is not swept with its predecessor', async (t) => {
  const rule = { limit: 1, windowMs: 100, maxKeys: 10 }
  const counters = new WindowCounters()
  counters.take('a', START, rule)
  counters.take('b', START, rule)
  counters.take('a', START + 100, rule)
  counters.take('c', START + 101, rule)
  counters.take('d', START + 102, rule)
  t.equal(counters.take('a', START + 103, rule).current, 2)
})
