import t from 'tap'
import { readRepositoryFile } from './source-files.ts'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

t.test('docs/dependencies.md gives a reason for each dependency, and for nothing else', (t) => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readRepositoryFile('package.json')) as Manifest
  const rows = [...readRepositoryFile('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)]
  const wanted = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  t.strictSame(rows.map(([, name = '']) => name).toSorted(), wanted.toSorted())
  for (const [, name, reason = ''] of rows) t.ok(reason.length >= 30, `${name} has a reason and not just a word`)
  t.end()
})
