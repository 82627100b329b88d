import t from 'tap'
import { cli } from '../support/cli.ts'

t.test('the hash of a variable, another one each time, and never the password', async (t) => {
  const [first, second] = [await cli(['hash', 'WORD'], '.', { WORD: 'correct horse' }), await cli(['hash', 'WORD'], '.', { WORD: 'correct horse' })]
  t.match(first, { code: 0, out: /^scrypt:\d+:\d+:\d+:[\w-]+:[\w-]+\n$/, err: '' })
  t.not(first.out, second.out)
  t.notMatch(first.out, /horse/)
})

t.test('a variable that is not set is a mistake of usage', async (t) => {
  t.match(await cli(['hash', 'WORD'], '.'), { code: 64, out: '', err: /the variable WORD is not set/ })
  t.match(await cli(['hash'], '.'), { code: 64, err: /missing NAME/ })
})
