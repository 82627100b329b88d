import { rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, fileOf, follow, impatientClock, kubernetesQuery, kubernetesSettings } from './kubernetes-kit.ts'

t.test('a token that was replaced is used at once when the old one is refused', async (t) => {
  const api = await startKubernetesApi(t)
  api.tokens = ['old']
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
  const tokenFile = fileOf(t, 'token', 'old\n')
  const told = follow(t, kubernetesSettings(api.url, { tokenFile }))
  await eventually(() => api.watches === 1)
  writeFileSync(tokenFile, 'new\n')
  api.tokens = ['new']
  api.endWatches()
  await eventually(() => api.watches === 1 && api.seen.at(-1)?.token === 'new')
  t.strictSame(
    api.seen.map(({ verb, token, status }) => `${verb} ${token} ${status}`),
    ['list old 200', 'watch old 200', 'watch old 401', 'watch new 200']
  )
  t.strictSame(told.failures, [], 'nobody heard of it')
})

t.test('a token that nobody accepts is a failure until there is a better one', async (t) => {
  const api = await startKubernetesApi(t)
  api.tokens = ['good']
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
  const tokenFile = fileOf(t, 'token', 'bad')
  const told = follow(t, kubernetesSettings(api.url, { tokenFile }), kubernetesQuery('orders'), { clock: impatientClock })
  await eventually(() => told.failures.length > 1)
  t.match(told.failures[0]?.message, `does not accept the token of ${tokenFile}`)
  t.strictSame(told.answers, [])
  // As files are replaced: empty or not there for a moment.
  for (const away of [() => writeFileSync(tokenFile, ''), () => rmSync(tokenFile)]) {
    away()
    const asked = api.seen.length
    await eventually(() => api.seen.length > asked + 1)
    t.equal(api.seen.at(-1)?.token, 'bad')
  }
  writeFileSync(tokenFile, 'good')
  await eventually(() => told.origins?.length === 1)
})
