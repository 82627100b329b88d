import t from 'tap'
import { inTurns } from '../../src/admin/text-parts.ts'

t.test('a text of one part is sent as it is', (t) => {
  t.equal(inTurns(['short']), 'short')
  t.equal(inTurns([]), '')
  t.end()
})

t.test('of several parts each has a turn of the event loop', async (t) => {
  const parts = Array.from({ length: 50 }, (_, part) => `part ${part}, `)
  const stream = inTurns(parts)
  if (typeof stream === 'string') return t.fail('it is one text')
  let turns = 0
  let counting = setImmediate(function count() {
    turns++
    counting = setImmediate(count)
  })
  const received: string[] = []
  for await (const part of stream) received.push(part as string)
  clearImmediate(counting)
  t.equal(received.join(''), parts.join(''))
  t.ok(turns >= parts.length - 1, `${turns} turns`)
})
