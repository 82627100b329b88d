import t from 'tap'
import { ERRORS } from '../../src/errors.ts'
import { readRepositoryFile, sourceFiles } from './source-files.ts'

const codes = Object.keys(ERRORS).toSorted()

t.test('docs/errors.md has a section for each code of the table, and none besides', (t) => {
  const headings = [...readRepositoryFile('docs/errors.md').matchAll(/^### (SP_\w+)$/gm)].map(([, code = '']) => code)
  t.strictSame(headings.toSorted(), codes)
  t.end()
})

t.test('docs/errors.md gives the status and the title of the table', (t) => {
  const page = readRepositoryFile('docs/errors.md')
  for (const [code, { status, title }] of Object.entries(ERRORS)) {
    const section = page.split(/^### /m).find((part) => part.startsWith(`${code}\n`)) ?? ''
    t.match(section, `**${status}** · ${title}.`, code)
  }
  t.end()
})

t.test('every code is looked for by some test', (t) => {
  const tests = sourceFiles('test/**/*.ts')
    .filter(({ path }) => !path.startsWith('test/meta/'))
    .map(({ text }) => text)
    .join('\n')
  t.strictSame(
    codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(tests)),
    [],
    'codes that no test mentions'
  )
  t.end()
})

t.test('a status is one that a client understands', (t) => {
  for (const [code, { status }] of Object.entries(ERRORS)) t.ok(status >= 400 && status <= 599, `${code}: ${status}`)
  t.end()
})
