import t from 'tap'
import { applyDelta, hashOf, parseApplications, registryOf } from '../../src/discovery/eureka/registry.ts'

const instance = (instanceId: string, status: string, more: object = {}) => ({ instanceId, status, ...more })
const answer = (apps: Readonly<Record<string, readonly object[]>>) =>
  parseApplications({ applications: { apps__hashcode: '', application: Object.entries(apps).map(([name, list]) => ({ name, instance: list })) } })

t.test('the hash counts all instances by status, sorted by its name', async (t) => {
  t.equal(hashOf(new Map()), '')
  const registry = registryOf(answer({ A: [instance('1', 'UP'), instance('2', 'DOWN')], B: [instance('1', 'UP'), instance('2', 'OUT_OF_SERVICE')] }))
  t.equal(hashOf(registry), 'DOWN_1_OUT_OF_SERVICE_1_UP_2_')
  t.equal(hashOf(registryOf(answer({ A: [instance('1', 'up'), instance('2', 'NEW_STATUS'), { instanceId: '3' }] }))), 'UNKNOWN_2_UP_1_')
})

t.test('a delta adds, changes and deletes, however often it comes, and leaves the old registry as it was', async (t) => {
  const before = registryOf(answer({ A: [instance('1', 'UP'), instance('2', 'UP')], B: [instance('1', 'UP')] }))
  const delta = answer({
    A: [
      instance('1', 'DOWN', { actionType: 'MODIFIED' }),
      instance('3', 'UP', { actionType: 'ADDED' }),
      instance('9', 'UP', { actionType: 'DELETED' })
    ],
    B: [instance('1', 'UP', { actionType: 'DELETED' })],
    C: [instance('1', 'STARTING', { actionType: 'ADDED' })]
  })
  const after = applyDelta(before, delta)
  t.equal(hashOf(after), 'DOWN_1_STARTING_1_UP_2_')
  t.strictSame([...(after.get('A')?.keys() ?? [])], ['1', '2', '3'])
  t.notOk(after.has('B'))
  t.strictSame(applyDelta(after, delta), after)
  t.equal(hashOf(before), 'UP_3_')
})
