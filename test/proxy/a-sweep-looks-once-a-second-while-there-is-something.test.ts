import t from 'tap'
import { Sweep, type Swept } from '../../src/proxy/sweep.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'

t.test('members are looked at once a second by one timer, which rests while there are none', (t) => {
  const clock = new FakeClock()
  let armed = 0
  const sweep = new Sweep({
    now: () => clock.now(),
    wall: () => clock.wall(),
    after(ms, run) {
      armed++
      return clock.after(ms, run)
    }
  })
  clock.advance(10_000)
  t.equal(armed, 0)
  const seen: string[] = []
  const later: Swept = { sweep: () => seen.push('later') }
  const first: Swept = {
    sweep() {
      seen.push('first')
      sweep.add(later)
    }
  }
  const leaving: Swept = {
    sweep() {
      seen.push('leaving')
      sweep.remove(leaving)
    }
  }
  for (const one of [first, leaving, first]) sweep.add(one)
  clock.advance(1000)
  t.same(seen.splice(0), ['first', 'leaving', 'later'])
  clock.advance(2000)
  t.same(seen.splice(0), ['first', 'later', 'first', 'later'], 'who joined during a sweep is looked at no more often')
  sweep.remove(first)
  sweep.remove(later)
  clock.advance(10_000)
  t.same(seen, [])
  t.equal(armed, 4)
  sweep.add(leaving)
  clock.advance(10_000)
  t.same(seen, ['leaving'])
  t.end()
})
