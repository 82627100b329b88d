import t from 'tap'
import { createMembership } from '../../src/policy/membership/membership.ts'
import type { MembershipRule } from '../../src/policy/membership/types.ts'

const RULE: MembershipRule = { emptyGraceMs: 30_000, massRemovalRatio: 0.5, confirmMs: 1000 }
const START = 9_000_000_001

interface Member {
  readonly key: string
  readonly weight: number
}

function members(keys: string, weight = 1): Member[] {
  return keys.split('').map((key) => ({ key, weight }))
}

function startWith(initial: string) {
  const membership = createMembership<Member>(
    RULE,
    ({ key }) => key,
    (a, b) => a.key === b.key && a.weight === b.weight,
    members(initial)
  )
  return {
    membership,
    feed: (keys: string, ms: number, refilling = false) => membership.feed(members(keys), refilling, START + ms),
    get now() {
      return membership.members.map(({ key }) => key).join('')
    },
    get held() {
      return membership.held.map(({ member, reason }) => `${member.key}:${reason}`).join(' ')
    }
  }
}

t.test('what comes, and what changes, counts at once', (t) => {
  const it = startWith('')
  t.equal(it.feed('ab', 0), true)
  t.equal(it.feed('ab', 1), false, 'nothing new')
  t.equal(it.membership.feed(members('ab', 5), false, START + 2), true)
  t.strictSame(
    it.membership.members.map(({ weight }) => weight),
    [5, 5]
  )
  t.equal(it.feed('abc', 3), true)
  t.equal(it.now, 'abc')
  t.end()
})

t.test('one of several that goes is gone at once, and the others keep their places', (t) => {
  const it = startWith('abcd')
  t.equal(it.feed('dca', 0), true)
  t.equal(it.now, 'acd')
  t.equal(it.held, '')
  t.equal(it.membership.confirmAtMs, Infinity)
  t.end()
})

t.test('one of two that goes is gone at once', (t) => {
  const it = startWith('ab')
  it.feed('a', 0)
  t.equal(it.now, 'a')
  t.end()
})

t.test('an empty answer takes nothing away until it has lasted', (t) => {
  const it = startWith('ab')
  t.equal(it.feed('', 0), false)
  t.equal(it.now, 'ab')
  t.equal(it.held, 'a:empty b:empty')
  t.equal(it.membership.confirmAtMs, START + 30_000)
  t.equal(it.feed('', 29_999), false)
  t.equal(it.feed('', 30_000), true)
  t.equal(it.now, '')
  t.equal(it.membership.confirmAtMs, Infinity)
  t.end()
})

t.test('a service of one is as safe from an empty answer as one of many', (t) => {
  const it = startWith('a')
  it.feed('', 0)
  t.equal(it.now, 'a')
  t.end()
})

t.test('a registry that fills up again after an empty answer gets time for it', (t) => {
  const it = startWith('abc')
  it.feed('', 0)
  it.feed('a', 5000)
  t.equal(it.now, 'abc')
  t.equal(it.held, 'b:refilling c:refilling')
  it.feed('ab', 8000)
  t.equal(it.held, 'c:refilling')
  it.feed('ab', 29_999)
  t.equal(it.now, 'abc')
  it.feed('ab', 30_000)
  t.equal(it.now, 'ab')
  t.end()
})

t.test('a registry that says that it lost its memory gets time too', (t) => {
  const it = startWith('abcd')
  it.feed('abc', 0, true)
  t.equal(it.held, 'd:refilling')
  it.feed('abcd', 2000)
  t.equal(it.held, '')
  it.feed('abc', 20_000)
  t.equal(it.held, 'd:refilling', 'still within the grace')
  it.feed('abc', 50_000)
  t.equal(it.now, 'abc')
  t.end()
})

t.test('most of them gone at once waits for a second answer', (t) => {
  const it = startWith('abcd')
  t.equal(it.feed('a', 0), false)
  t.equal(it.held, 'b:mass-removal c:mass-removal d:mass-removal')
  t.equal(it.membership.confirmAtMs, START + 1000)
  t.equal(it.feed('a', 999), false, 'too early to be a second opinion')
  t.equal(it.feed('a', 1000), true)
  t.equal(it.now, 'a')
  t.end()
})

t.test('a second answer that takes it back leaves everything as it was', (t) => {
  const it = startWith('abcd')
  it.feed('a', 0)
  t.equal(it.feed('abcd', 300), false)
  t.equal(it.held, '')
  t.end()
})

t.test('newcomers of the answer that lost the others are used at once', (t) => {
  const it = startWith('abcd')
  t.equal(it.feed('wxyz', 0), true)
  t.equal(it.now, 'abcdwxyz')
  it.feed('wxyz', 1000)
  t.equal(it.now, 'wxyz')
  t.end()
})

t.test('a member that is named twice is one', (t) => {
  const it = startWith('')
  it.feed('aab', 0)
  t.equal(it.now, 'ab')
  t.end()
})
