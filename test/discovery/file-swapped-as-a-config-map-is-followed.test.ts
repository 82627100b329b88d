import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../support/client.ts'
import { EVENT_LIMIT_MS, watchFile } from './file-fixtures.ts'

/** What the kubelet does: the files are links through `..data`, and only that link is replaced. */
function publish(volume: string, version: number, text: string): void {
  mkdirSync(join(volume, `..version-${version}`))
  writeFileSync(join(volume, `..version-${version}`, 'orders.yaml'), text)
  symlinkSync(`..version-${version}`, join(volume, '..data_tmp'))
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'))
  rmSync(join(volume, `..version-${version - 1}`), { recursive: true, force: true })
}

t.test('a ConfigMap that changes again and again is followed', async (t) => {
  const volume = t.testdir({})
  publish(volume, 1, '- http://10.0.0.1')
  const file = join(volume, 'orders.yaml')
  symlinkSync('..data/orders.yaml', file)
  const watched = watchFile(t, file)
  await eventually(() => watched.origins?.[0] === 'http://10.0.0.1', EVENT_LIMIT_MS)
  for (const version of [2, 3]) {
    publish(volume, version, `- http://10.0.0.${version}`)
    await eventually(() => watched.origins?.[0] === `http://10.0.0.${version}`, EVENT_LIMIT_MS)
  }
  t.strictSame(watched.failures, [])
})

t.test('a file behind a link to another folder is followed', async (t) => {
  const root = t.testdir({ real: { 'orders.yaml': '- http://10.0.0.1' }, links: {} })
  symlinkSync('../real/orders.yaml', join(root, 'links/orders.yaml'))
  const watched = watchFile(t, join(root, 'links/orders.yaml'))
  await eventually(() => watched.answers.length === 1)
  writeFileSync(join(root, 'real/orders.yaml'), '- http://10.0.0.2')
  await eventually(() => watched.origins?.[0] === 'http://10.0.0.2', EVENT_LIMIT_MS)
  t.strictSame(watched.failures, [])
})

t.test('a folder that is removed and made again is followed', async (t) => {
  const root = t.testdir({ folder: { 'orders.yaml': '- http://10.0.0.1' } })
  const folder = join(root, 'folder')
  const watched = watchFile(t, join(folder, 'orders.yaml'))
  await eventually(() => watched.answers.length === 1)
  rmSync(folder, { recursive: true })
  await eventually(() => watched.failures.length > 0, EVENT_LIMIT_MS)
  t.match(watched.failures[0]?.message, /orders\.yaml: there is no such file/)
  mkdirSync(folder)
  writeFileSync(join(folder, 'orders.yaml'), '- http://10.0.0.2')
  // The folder is missed until the next try, at most 5 s later.
  await eventually(() => watched.origins?.[0] === 'http://10.0.0.2', 30_000)
  writeFileSync(join(folder, 'orders.yaml'), '- http://10.0.0.3')
  await eventually(() => watched.origins?.[0] === 'http://10.0.0.3', EVENT_LIMIT_MS)
})
