import fc from '../support/property.ts'
import t from 'tap'
import { createBalancer } from '../../src/policy/balancer/create.ts'
import { hashString, mixBits } from '../../src/policy/balancer/string-hash.ts'
import type { Candidate } from '../../src/policy/balancer/types.ts'
import { dice, seeded } from '../support/random.ts'
import { candidate, counts, NOW, worstDeviation, worstSigma } from './candidates.ts'

const random = dice(11)
const uuid = () => random.text('0123456789abcdef', 32, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
const KEYS: Readonly<Record<string, readonly string[]>> = {
  addresses: Array.from({ length: 30_000 }, (_one, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
  'v6 addresses': Array.from({ length: 30_000 }, (_one, i) => `2001:db8:0:${i.toString(16)}::1`),
  'counted names': Array.from({ length: 30_000 }, (_one, i) => `user-${i}`),
  uuids: Array.from({ length: 30_000 }, uuid)
}

const algorithms = ['ip-hash', 'consistent-hash'] as const
type Algorithm = (typeof algorithms)[number]

const endpoints = (count: number) => Array.from({ length: count }, (_one, i) => candidate(`http://10.0.0.${i + 1}:8080`))

const namesOf = (list: readonly Candidate[]) => list.map(({ key }) => key)

/** The owner of each key. The fact that the algorithm must not look at is another one in every call. */
function owners(algorithm: Algorithm, list: readonly Candidate[], keys: readonly string[]): string[] {
  const balancer = createBalancer({ algorithm, slowStartMs: 0 }, seeded(3))
  return keys.map((key) => {
    const other = `${random.int(0, 1e9)}`
    const hint = algorithm === 'ip-hash' ? { clientIp: key, hashKey: other } : { clientIp: other, hashKey: key }
    return balancer.pick(list, hint, NOW)?.key ?? '-'
  })
}

for (const algorithm of algorithms) {
  for (const [kind, keys] of Object.entries(KEYS)) {
    t.test(`${algorithm} spreads ${kind} evenly, and moves only those of an endpoint that goes, evenly as well`, async (t) => {
      for (const count of [2, 3, 10]) {
        const list = endpoints(count)
        const before = owners(algorithm, list, keys)
        t.ok(worstSigma(before, namesOf(list)) < 4.5, `${count} endpoints`)
        const [gone, ...rest] = list
        const after = owners(algorithm, rest, keys)
        const moved = after.filter((_owner, i) => before[i] === gone?.key)
        t.ok(moved.length <= keys.length * (1.1 / count))
        t.ok(after.every((owner, i) => before[i] === gone?.key || before[i] === owner))
        if (rest.length > 1) t.ok(worstSigma(moved, namesOf(rest)) < 4.5, 'the others take the same part of them')
      }
    })
  }

  t.test(`${algorithm} finds the same endpoint in every gateway, whatever the order of its list`, async () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 12 }),
        fc.nat(),
        fc.array(fc.string()),
        (weights, seed, keys) => {
          const list = weights.map((weight, i) => candidate(`http://10.0.0.${i}:8080`, { weight }))
          const chance = seeded(seed)
          const shuffled = list
            .map((one) => ({ one, at: chance() }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ one }) => one)
          return owners(algorithm, list, keys).join() === owners(algorithm, shuffled, keys).join()
        }
      )
    )
  })

  t.test(`${algorithm} honours weights, and more weight for one only draws keys to it`, async (t) => {
    const keys = Array.from({ length: 100_000 }, (_one, i) => `session-${i}`)
    const list = [4, 3, 2, 1].map((weight, i) => candidate(`e${i}`, { weight }))
    const before = owners(algorithm, list, keys)
    t.ok(worstDeviation(before, { e0: 4, e1: 3, e2: 2, e3: 1 }) < 0.03)
    const after = owners(
      algorithm,
      list.map((one) => (one.key === 'e3' ? candidate('e3', { weight: 5 }) : one)),
      keys
    )
    t.ok(worstDeviation(after, { e0: 4, e1: 3, e2: 2, e3: 5 }) < 0.03)
    t.ok(after.every((owner, i) => owner === before[i] || owner === 'e3'))
  })
}

t.test('consistent-hash takes the key, keeps to it, and sends requests without a key by chance', async (t) => {
  const balancer = createBalancer({ algorithm: 'consistent-hash', slowStartMs: 0 }, seeded(5))
  const list = endpoints(3)
  const taken = (hashKey: string | null) =>
    Array.from({ length: 30_000 }, () => balancer.pick(list, { clientIp: '192.0.2.1', hashKey }, NOW)?.key ?? '-')
  t.equal(Object.keys(counts(taken('cart-4711'))).length, 1)
  t.equal(Object.keys(counts(taken(''))).length, 1, 'an empty value is a value')
  t.ok(worstSigma(taken(null), namesOf(list)) < 4.5)
})

t.test('two endpoints whose names have the same hash both get keys, whatever the order of the list', async (t) => {
  const twins = ['http://10.1.114.204:8080', 'http://10.2.63.167:8080'].map((key) => candidate(key))
  t.equal(hashString(twins[0]?.key ?? ''), hashString(twins[1]?.key ?? ''))
  const keys = KEYS['uuids']?.slice(0, 20_000) ?? []
  const taken = owners('ip-hash', twins, keys)
  const reversed = owners('ip-hash', twins.toReversed(), keys)
  t.ok(taken.every((owner, i) => owner === reversed[i]))
  t.ok(worstSigma(taken, namesOf(twins)) < 4.5)
})

t.test('every bit of a key turns every bit of its hash in half of the cases', async (t) => {
  const trials = 1500
  const texts = Array.from({ length: trials }, () => random.text('abcdefghijklmnopqrstuvwxyz0123456789.:', 9, 9))
  for (let position = 0; position < 9; position++) {
    for (let bit = 0; bit < 7; bit++) {
      const turned = Array.from({ length: 32 }, () => 0)
      for (const text of texts) {
        const other = text.slice(0, position) + String.fromCharCode(text.charCodeAt(position) ^ (1 << bit)) + text.slice(position + 1)
        const difference = hashString(text) ^ hashString(other)
        for (let i = 0; i < 32; i++) turned[i] = (turned[i] ?? 0) + ((difference >>> i) & 1)
      }
      const worst = Math.max(...turned.map((count) => Math.abs(count / trials - 0.5)))
      if (worst > 0.07) t.fail(`bit ${bit} of character ${position}: ${worst}`)
    }
  }
  t.pass()
})

t.test('keys that differ a little do not collide more often than by chance, and mixing loses nothing', async (t) => {
  for (const [kind, make] of Object.entries({
    counted: (i: number) => `user-${i}`,
    addresses: (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
  })) {
    const count = 200_000
    const hashes = new Set(Array.from({ length: count }, (_one, i) => hashString(make(i))))
    // By chance count² / 2^33, that is 5.
    t.ok(count - hashes.size <= 15, kind)
  }
  t.equal(new Set(Array.from({ length: 200_000 }, (_one, i) => mixBits(i << 12))).size, 200_000)
  t.equal(new Set(['', '\0', '\0\0', '\0\0\0', 'a', 'a\0', '\0a'].map(hashString)).size, 7)
})
