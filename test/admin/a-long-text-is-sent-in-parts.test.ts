import t from 'tap'
import { inParts } from '../../src/admin/text-parts.ts'

t.test('a short text is sent as it is', (t) => {
  t.equal(inParts('a'.repeat(1000)), 'a'.repeat(1000))
  t.end()
})

t.test('a long text is sent in parts that together are the same, none of which ends within a character', async (t) => {
  // However the parts are cut, some cut is due within a pair.
  for (const begin of ['', 'a']) {
    const text = begin + '🐬'.repeat(100_000)
    const parts = inParts(text)
    if (typeof parts === 'string') return t.fail('it was not cut')
    const received: Buffer[] = []
    for await (const part of parts) received.push(Buffer.from(part as string))
    t.equal(Buffer.concat(received).toString(), text)
    t.ok(received.length > 2, `${received.length} parts`)
  }
})
