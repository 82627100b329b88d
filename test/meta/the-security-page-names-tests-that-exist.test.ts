import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../', import.meta.url))

t.test('each line of docs/security.md that tells of a defence names tests that exist', (t) => {
  const rows = readFileSync(`${root}docs/security.md`, 'utf8')
    .split('\n## ')
    .slice(2)
    .flatMap((section) => section.split('\n').filter((line) => /^\|(?!---)/.test(line)))
    .filter((line) => !line.endsWith('| held by |'))
  t.ok(rows.length > 40, 'the lines were found')
  for (const row of rows) {
    const named = [...(row.split('|').at(-2) ?? '').matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path as string)
    t.ok(named.length > 0, row)
    for (const path of named) t.ok(existsSync(root + path), path)
  }
  t.end()
})
