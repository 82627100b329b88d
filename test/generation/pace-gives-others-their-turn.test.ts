import t from 'tap'
import { Pace } from '../../src/generation/pace.ts'

/** A clock that moves by so much each time it is read, and a count of the turns that were given. */
function paceWith(msPerStep: number) {
  let now = 0
  const turns: number[] = []
  let done = 0
  const pace = new Pace({ now: () => (now += msPerStep) }, async () => {
    turns.push(done)
  })
  const work = (steps: number) => pace.map(Array.from({ length: steps }), () => ++done)
  return { pace, turns, work }
}

t.test('work is cut by the time that it takes', async (t) => {
  const { turns, work } = paceWith(1)
  t.equal((await work(20)).length, 20)
  t.ok(turns.length >= 4, `${turns.length} turns`)
  t.ok(
    turns.every((at, index) => at - (turns[index - 1] ?? 0) <= 4),
    `after ${turns.join(', ')} steps of a millisecond`
  )
})

t.test('quick work is not cut at all, but by a clock that stands still it is cut by count', async (t) => {
  const few = paceWith(0)
  await few.work(400)
  t.same(few.turns, [])
  const many = paceWith(0)
  await many.work(1600)
  t.equal(many.turns.length, 3)
})

t.test('work that ends with a result is done to its end, and its failure is passed on', async (t) => {
  const { pace, turns } = paceWith(3)
  const result = await pace.finish(
    (function* () {
      for (let i = 0; i < 4; i++) yield
      return 'made'
    })()
  )
  t.equal(result, 'made')
  t.equal(turns.length, 2)
  await t.rejects(
    pace.finish(
      // oxlint-disable-next-line require-yield
      (function* (): Generator<void, never, undefined> {
        throw new Error('not made')
      })()
    ),
    /not made/
  )
})
