import t from 'tap'
import { KeyHash } from '../../src/stores/key-hash.ts'

/** The fewest words that a store keeps. */
const KEPT = 3

function wordsOf(hash: KeyHash, rule: string, key: string, kind = 1): readonly number[] {
  const words = new Int32Array(4)
  hash.ofKey(hash.ofRule(kind, rule), key, words, 0)
  return [...words]
}

t.test('keys, rules and kinds that are all but the same have other hashes, and none under another seed', (t) => {
  const hash = new KeyHash(new Int32Array([1, 2, 3, 4]))
  const seen = new Set<string>()
  let asked = 0
  const see = (rule: string, key: string, kind = 1): void => {
    asked++
    seen.add(wordsOf(hash, rule, key, kind).slice(0, KEPT).join())
  }
  for (const [rule, key] of ['', 'a', 'ab', 'abc', 'abcd', 'abcde'].flatMap((text) =>
    [...Array(text.length + 1).keys()].map((at) => [text.slice(0, at), text.slice(at)])
  ))
    see(rule as string, key as string)
  for (let kind = 2; kind < 5; kind++) see('a', 'bc', kind)
  for (let length = 0; length < 20; length++) see('zeros', '\0'.repeat(length))
  for (let i = 0; i < 20_000; i++) see('r', `i10.0.${i >>> 8}.${i & 255}`)
  t.equal(seen.size, asked)
  t.notSame(wordsOf(hash, 'r', 'k'), wordsOf(new KeyHash(new Int32Array([1, 2, 3, 5])), 'r', 'k'))
  t.same(wordsOf(hash, 'r', 'k'), wordsOf(new KeyHash(new Int32Array([1, 2, 3, 4])), 'r', 'k'))
  t.end()
})

t.test('each bit of a key and of the seed changes about half of the bits of its hash', (t) => {
  const ROUNDS = 200
  for (let bit = 0; bit < 64; bit++) {
    const changes = [0, 0, 0, 0]
    for (let i = 0; i < ROUNDS; i++) {
      const seed = new Int32Array([i, -i, 7 * i, 1])
      const key = `key ${i}`
      const at = bit >>> 4
      const changed = `${key.slice(0, at)}${String.fromCharCode(key.charCodeAt(at) ^ (1 << (bit & 15)))}${key.slice(at + 1)}`
      const [from, to] = [wordsOf(new KeyHash(seed), 'r', key), wordsOf(new KeyHash(seed), 'r', changed)]
      for (const [word, value] of from.entries()) changes[word] = (changes[word] as number) + bitsOf(value ^ (to[word] as number))
    }
    const shares = changes.map((count) => count / ROUNDS / 32)
    if (shares.some((share) => Math.abs(share - 0.5) > 0.05)) t.fail(`bit ${bit} changes ${shares.join(' ')}`)
  }
  t.pass('all of the first four characters')
  t.end()
})

function bitsOf(word: number): number {
  let count = 0
  for (let bits = word; bits !== 0; bits &= bits - 1) count++
  return count
}
