import t from 'tap'
import { compilePlan, document } from '../support/gateway.ts'

const plan = (workers: string) =>
  compilePlan(document(`${workers}\nupstreams: { a: { endpoints: ["http://127.0.0.1:1"] } }\nroutes: [{ name: a, match: { path: / }, upstream: a }]`))

t.test('workers are one, a number of them, or as many as there are cores', (t) => {
  t.equal(plan('').workers, 1)
  t.equal(plan('workers: 64').workers, 64)
  t.equal(plan('workers: auto').workers, 'auto')
  t.not(plan('workers: 2').hash, plan('workers: 3').hash)
  for (const wrong of ['0', '65', '1.5', 'many', 'true']) t.throws(() => plan(`workers: ${wrong}`), /workers/, wrong)
  t.end()
})
