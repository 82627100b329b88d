import t from 'tap'
import { parseRatio, ratioOf } from '../../src/config/ratio.ts'
import fc from '../support/property.ts'
import { compileYaml, document } from './fixtures.ts'

const messageOf = (share: string): string => {
  const text = document(
    '{ name: a, match: { path: /a }, upstream: orders }',
    `{ endpoints: [http://a], loadBalancing: { panicThreshold: ${share} } }`
  )
  return compileYaml(text)
    .issues.map(({ code, message, hint }) => `${code}: ${message} (${hint ?? ''})`)
    .join()
}

t.test('percent, fractions and the texts of fractions', (t) => {
  const right = { '0%': 0, '50%': 0.5, '12.5%': 0.125, '100%': 1, '100.0%': 1, '0': 0, '0.5': 0.5, '1': 1, '1.0': 1 }
  for (const [text, ratio] of Object.entries(right)) t.equal(ratioOf(text), ratio, text)
  for (const number of [0, 0.5, 1]) t.equal(ratioOf(number), number)
  t.end()
})

t.test('anything else is none', (t) => {
  for (const text of ['150%', '101%', '100.1%', '50', '1.1', '-5%', '50 %', ' 50%', '%', '', 'half', '5e-1', '.5'])
    t.equal(parseRatio(text), null, text)
  for (const number of [50, 1.01, -0.1, Number.NaN, Number.POSITIVE_INFINITY]) t.equal(parseRatio(number), null, String(number))
  t.throws(() => ratioOf('150%'), TypeError)
  t.end()
})

t.test('a share from 0 to 1 is the same in every spelling', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), (n) => {
      const ratio = n / 10_000
      return Math.abs(ratioOf(`${n / 100}%`) - ratio) < 1e-12 && ratioOf(ratio) === ratio
    })
  )
  t.end()
})

t.test('the message says what to write', (t) => {
  const expected = 'bad-ratio: expected a share such as 50% or 0.5, from 0 to 1, got'
  t.equal(messageOf('50'), `${expected} 50 (write "50%" or 0.5)`)
  t.equal(messageOf('"50"'), `${expected} "50" (write "50%" or 0.5)`)
  t.equal(messageOf('150%'), `${expected} "150%" ()`)
  t.equal(messageOf('150'), `${expected} 150 ()`)
  t.equal(messageOf('true'), `${expected} true ()`)
  t.equal(messageOf('-0.1'), `${expected} -0.1 ()`)
  t.equal(messageOf('[]'), `${expected} a list ()`)
  t.end()
})
