import t from 'tap'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow } from './eureka-kit.ts'

const isRefilling = (answer: { readonly refilling?: boolean } | undefined) => answer?.refilling === true

t.test('a server that was restarted is refilling until somebody has registered', async (t) => {
  const eureka = await startEureka(t)
  eureka.register('orders', { host: '10.0.0.1', port: 8001 })
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url)))
  await eventually(() => told.origins?.length === 1)
  await eureka.down()
  await eventually(() => told.failures.length > 0)
  eureka.forgetAll()
  await eureka.up()
  await eventually(() => told.origins?.length === 0)
  const before = told.answers.length
  await eventually(() => told.answers.length > before + 1)
  t.ok(
    told.answers.every((answer) => isRefilling(answer) === (answer.instances.length === 0)),
    'each empty answer, and no other'
  )
  eureka.register('orders', { host: '10.0.0.1', port: 8001 })
  await eventually(() => told.origins?.length === 1)
  t.notOk(isRefilling(told.last))
})

t.test('a restart between two polls is noticed, too', async (t) => {
  const eureka = await startEureka(t)
  eureka.register('orders', { host: '10.0.0.1', port: 8001 })
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url)))
  await eventually(() => told.origins?.length === 1)
  eureka.forgetAll()
  await eventually(() => told.origins?.length === 0)
  t.ok(isRefilling(told.last))
  t.strictSame(told.failures, [])
})

t.test('a server without instances, or whose last one has gone by a delta, is not', async (t) => {
  const eureka = await startEureka(t)
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url)))
  await eventually(() => told.answers.length > 0)
  t.notOk(isRefilling(told.last))
  eureka.register('orders', { id: 'one', host: '10.0.0.1', port: 8001 })
  await eventually(() => told.origins?.length === 1)
  eureka.cancel('orders', 'one')
  await eventually(() => told.origins?.length === 0)
  t.notOk(isRefilling(told.last))
})
