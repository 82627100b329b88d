import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { filesTogether } from '../support/run-together.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

t.test('every test file is run once: by itself or with others', (t) => {
  const { include } = parse(readFileSync(`${root}.taprc`, 'utf8')) as { readonly include: readonly string[] }
  const alone = include.flatMap((pattern) => globSync(pattern, { cwd: root }))
  const groups = alone.filter((path) => path.startsWith('test/together/'))
  const together = groups.flatMap((group) => {
    const [, pattern = ''] = /runTogether\(import\.meta\.url, '([^']+)'\)/.exec(readFileSync(root + group, 'utf8')) ?? []
    return filesTogether(new URL(group, `file://${root}`).href, pattern).map((path) => relative(root, path))
  })
  t.ok(groups.length > 5, 'the groups were found')
  t.strictSame([...alone, ...together].toSorted(), globSync('test/**/*.test.ts', { cwd: root }).toSorted())
  t.end()
})
