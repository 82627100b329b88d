import { METHODS as NODE_METHODS } from 'node:http'
import t from 'tap'
import { METHODS, REFUSED_METHODS } from '../../src/config/methods.ts'

t.test('every method that Node can parse is either allowed or refused', (t) => {
  t.strictSame([...METHODS, ...REFUSED_METHODS].sort(), [...NODE_METHODS].sort())
  t.end()
})
