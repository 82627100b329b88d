import t from 'tap'
import { briefOf, withTop } from './fixtures.ts'

const wrong = ['2:24 wrong-type limits.headerCount']

t.test('only a whole decimal number, and only in one whole placeholder', (t) => {
  for (const N of ['', ' 5', '5 ', '0x10', '1e3', '1.5', 'many', '9999999999999999999']) {
    t.strictSame(briefOf(withTop('limits: { headerCount: "${N}" }'), { env: { N } }), wrong, JSON.stringify(N))
  }
  t.strictSame(briefOf(withTop('limits: { headerCount: "${N}0" }'), { env: { N: '5' } }), wrong)
  t.strictSame(briefOf(withTop('limits: { headerCount: "50" }')), wrong, 'a quoted number stays a text')
  t.end()
})
