import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../support/client.ts'
import { replaceFile, watchFile } from './file-fixtures.ts'

const options = existsSync('/proc/self/fdinfo') ? {} : { skip: 'only Linux tells what is watched' }

/** Folders that this process watches. */
function watches(): number {
  const files = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    } catch {
      // That of the listing itself.
      return ''
    }
  })
  return files.join('\n').match(/^inotify wd:/gm)?.length ?? 0
}

t.test('nothing is told or watched after the end', options, async (t) => {
  const path = join(t.testdir({ 'orders.yaml': '- http://10.0.0.1' }), 'orders.yaml')
  const [early, late, other] = [watchFile(t, path), watchFile(t, path), watchFile(t, path)]
  early.source.stop()
  await eventually(() => late.answers.length === 1 && other.answers.length === 1)
  t.ok(watches() > 0, 'watched until then')
  late.source.stop()
  replaceFile(path, '- http://10.0.0.2')
  early.source.refresh()
  late.source.refresh()
  await eventually(() => other.origins?.[0] === 'http://10.0.0.2')
  t.strictSame([early.answers, early.failures], [[], []])
  t.strictSame([late.answers.length, late.failures], [1, []])
  other.source.stop()
  await eventually(() => watches() === 0)
})
