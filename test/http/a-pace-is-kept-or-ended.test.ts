import t from 'tap'
import { PaceWatch } from '../../src/http/pace-watch.ts'

interface One {
  waits: boolean
  moved: number
}

const RATE = { bytesPerSecond: 100, graceMs: 10_000, maxMs: 10_000 }

/** Sweeps until it is cut, `step` before each; the number of sweeps, 1000 at the most. */
function sweepsUntilCut(one: One, rate: typeof RATE, step: (sweep: number) => void): number {
  let isCut = false
  const watch = new PaceWatch<One>(
    {
      all: () => [one],
      waits: ({ waits }) => waits,
      moved: ({ moved }) => moved,
      cut() {
        isCut = true
      }
    },
    rate
  )
  for (let sweep = 1; sweep <= 1000; sweep++) {
    step(sweep)
    watch.sweep()
    if (isCut) return sweep
  }
  return 1000
}

t.test('who keeps something waiting is ended when it falls behind the rate, and not before', (t) => {
  const still = { waits: true, moved: 0 }
  t.equal(
    sweepsUntilCut(still, RATE, () => {}),
    11,
    'no byte: after its grace, counted from the first look'
  )

  const slow = { waits: true, moved: 0 }
  t.equal(
    sweepsUntilCut(slow, RATE, () => (slow.moved += 50)),
    20,
    'half the rate: in about twice the time'
  )

  const exact = { waits: true, moved: 0 }
  t.equal(
    sweepsUntilCut(exact, RATE, () => (exact.moved += 100)),
    1000,
    'the rate itself: never'
  )

  const burst = { waits: true, moved: 0 }
  const sweeps = sweepsUntilCut(burst, RATE, (sweep) => {
    if (sweep === 5) burst.moved += 1_000_000
  })
  t.equal(sweeps, 14, 'however much came at once pays for maxMs')

  const trickle = { waits: true, moved: 0 }
  t.equal(
    sweepsUntilCut(trickle, { ...RATE, bytesPerSecond: 0 }, (sweep) => (trickle.moved += sweep % 9 === 0 ? 1 : 0)),
    1000,
    'without a rate any byte is enough'
  )

  const resting = { waits: true, moved: 0 }
  t.equal(
    sweepsUntilCut(resting, RATE, (sweep) => (resting.waits = sweep % 10 !== 0)),
    1000,
    'what waits no more begins anew'
  )
  t.end()
})
