import type { FastifyReply } from 'fastify'
import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { ERRORS, type ErrorCode } from '../../src/errors.ts'
import { answerFields, type ToldRule } from '../../src/plugin-api/limits/answer-fields.ts'
import { createFields } from '../../src/plugin-api/limits/fields.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { proxyStatus } from '../../src/proxy/problem.ts'
import fc from '../support/property.ts'
import { parseItem, parseList, type Item } from '../support/structured-fields.ts'

/** RFC 9651 section 3.3.1. */
const LARGEST = 999_999_999_999_999

const name = fc.oneof(
  fc.stringMatching(/^[\w.:-]{1,64}$/),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom('"', '\\', ';', ',', '=', '\r', '\n', '\t', ' ', '\0', '\u007f', 'é', '\ud800', '😀', 'a'), maxLength: 12 })
)
const amount = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.constantFrom(0, 1, LARGEST, LARGEST + 1, 1e21))
const timeMs = fc.oneof(
  fc.nat(),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
  fc.constantFrom(0, 0.001, 999.999, 1000, Number.MAX_SAFE_INTEGER, 1e24, Infinity)
)
const limit = fc.record({ name, limit: amount, windowMs: timeMs, remaining: amount, resetMs: timeMs })

t.test('whatever limits are named and however large they are, both fields are lists of strings with whole numbers', (t) => {
  fc.assert(
    fc.property(fc.array(limit, { minLength: 1, maxLength: 4 }), fc.nat(3), (limits, at) => {
      const rules = limits.map((each): ToldRule => ({
        rule: { id: 'r', algorithm: 'gcra', limit: each.limit, windowMs: each.windowMs, burst: 1, calendar: null },
        fields: createFields(each.name, each.limit, each.windowMs)
      }))
      const verdicts = limits.map(({ remaining, resetMs }) => ({ allowed: true, remaining, resetMs, retryAfterMs: 0 }))
      // An earlier instance of the plugin has told of the first ones.
      const before = answerFields(replyWith({}), rules.slice(0, at), verdicts.slice(0, at), { legacy: false })
      const headers = answerFields(replyWith(at === 0 ? {} : before), rules.slice(at), verdicts.slice(at), { legacy: false })
      expectItems(
        parseList(headers['ratelimit-policy'] as string),
        limits.map((each) => [shown(each.name), { q: whole(each.limit), w: whole(Math.ceil(each.windowMs / 1000)) }])
      )
      expectItems(
        parseList(headers['ratelimit'] as string),
        limits.map((each) => [shown(each.name), { r: whole(each.remaining), t: whole(Math.ceil(each.resetMs / 1000)) }])
      )
    }),
    { numRuns: 2000 }
  )
  t.pass('all runs were parsed as they were meant')
  t.end()
})

t.test('so are those of a request that is limited by names of every character they may have', async (t) => {
  const limits = ['.', ':', '-', '_', '0', 'A-z_0.9:', 'x'.repeat(64)].map((each) => ({
    name: each,
    limit: 2,
    window: '90m'
  }))
  const { inject, close } = await testPlugin(rateLimit, { limits })
  t.teardown(close)
  for (const status of [200, 200, 429]) {
    const { statusCode, headers } = await inject('/')
    t.equal(statusCode, status)
    const names = limits.map((each) => each.name)
    t.strictSame(namesOf(headers['ratelimit-policy']), names)
    t.strictSame(namesOf(headers['ratelimit']), names)
    const [first] = parseList(String(headers['ratelimit-policy'])) as Item[]
    t.strictSame(Object.fromEntries(first?.parameters ?? []), { q: { kind: 'integer', value: 2 }, w: { kind: 'integer', value: 5400 } })
  }
})

t.test('Proxy-Status of every error is a list of one token with tokens and strings', (t) => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const text = proxyStatus(code)
    if (text === null) continue
    const members = parseList(text) as Item[]
    t.equal(members.length, 1)
    t.strictSame(members[0]?.bare, { kind: 'token', value: 'sallyport' })
    t.strictSame(Object.fromEntries(members[0]?.parameters ?? []), {
      error: { kind: 'token', value: ERRORS[code].proxyStatus },
      details: { kind: 'string', value: code }
    })
  }
  t.strictSame(parseItem('sallyport').bare, { kind: 'token', value: 'sallyport' }, 'as an answer without a cause has it')
  t.end()
})

t.test('what reads them here refuses what is no structured field', (t) => {
  for (const text of [
    '"a',
    '"a\\x"',
    '"é"',
    '"a\n"',
    '"a",',
    '"a";q=1e21',
    '"a";q=Infinity,',
    '"a";Q=1',
    '"a";q=1234567890123456',
    '"a" "b"',
    "'a'",
    '?2'
  ])
    t.throws(() => parseList(text).map((member) => ('bare' in member ? integers(member) : [])), text)
  t.end()
})

function replyWith(headers: Readonly<Record<string, string>>): FastifyReply {
  return { getHeader: (field: string) => headers[field] } as unknown as FastifyReply
}

function expectItems(members: readonly unknown[], expected: readonly (readonly [string, Readonly<Record<string, number>>])[]): void {
  const found = (members as Item[]).map((item) => [item.bare.kind === 'string' ? item.bare.value : item, Object.fromEntries(integers(item))])
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(found)} not ${JSON.stringify(expected)}`)
}

function integers({ parameters }: Item): (readonly [string, number])[] {
  return [...parameters].map(([key, value]) => {
    if (value.kind !== 'integer') throw new TypeError(`${key} is of kind ${value.kind}`)
    return [key, value.value]
  })
}

function namesOf(field: unknown): readonly unknown[] {
  return (parseList(String(field)) as Item[]).map(({ bare }) => bare.value)
}

/** What a string cannot hold is a question mark, one for each code unit. */
function shown(text: string): string {
  return text
    .split('')
    .map((char) => (char >= ' ' && char <= '~' ? char : '?'))
    .join('')
}

function whole(value: number): number {
  return Math.min(LARGEST, value)
}
