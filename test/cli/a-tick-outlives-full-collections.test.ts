import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { keepTick } from '../../src/system/keep-tick.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

t.test('the object of one tick is kept for as long as the thread runs, and is what Node makes for each', async (t) => {
  const kept = new WeakRef(await keepTick())
  const other = new WeakRef({})
  // A WeakRef holds what it points to until the turn has ended.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  t.equal(other.deref(), undefined, 'this was a full collection')
  const tick = kept.deref() as object
  t.same(Object.keys(tick), ['callback', 'args'])
  t.match(Object.getOwnPropertySymbols(tick).map(String), ['Symbol(async_id_symbol)', 'Symbol(trigger_async_id_symbol)'])
})
