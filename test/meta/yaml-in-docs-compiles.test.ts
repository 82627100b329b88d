import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { builtinPlugins } from '../../plugins/index.ts'
import { compileText } from '../../src/config/compile-text.ts'
import { formatIssues, hasErrors } from '../../src/config/issue.ts'
import { loadConfig } from '../../src/config/load.ts'
import { lineAt, readRepositoryFile, root, sourceFiles } from './source-files.ts'

interface Block {
  readonly where: string
  readonly text: string
}

/** Fenced ```yaml blocks; a part of a document is fenced as ```yaml fragment and is left out. */
function blocksOf(path: string, text: string): readonly Block[] {
  const fences = text.matchAll(/^([ \t]*)```ya?ml[ \t]*(.*)\n([\s\S]*?)^[ \t]*```[ \t]*$/gm)
  return [...fences]
    .filter(([, , remark]) => remark?.trim() === '')
    .map(({ index, 1: indent = '', 3: body = '' }) => ({
      where: `${path}:${lineAt(text, index) + 1}`,
      text: body
        .split('\n')
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
        .join('\n')
    }))
}

/** Other programs' YAML: it does not begin as a document of ours does. */
const isForAnother = (text: string): boolean => /^(?:apiVersion|services|scrape_configs|global|groups):/m.test(text)

/** Variables without a default are set: long enough for a secret, and readable as a URL. */
function dummyEnv(text: string): Readonly<Record<string, string>> {
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
  return Object.fromEntries(
    names.map((name) => [name, /URL|ADDR/.test(name) ? 'http://127.0.0.1:9' : 'a-dummy-value-that-is-long-enough-0123456789'])
  )
}

/** A file that is in the repository is read; any other, such as a mounted secret, has dummy content. */
function readFile(path: string): string {
  const file = join(root, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : 'a-dummy-secret-that-is-long-enough-0123456789'
}

function check(t: Test, { where, text }: Block): void {
  const { ok, issues } = compileText({ file: where, text, env: dummyEnv(text), readFile, builtins: builtinPlugins })
  t.ok(ok && !hasErrors(issues), where, { found: formatIssues(issues) })
}

t.test('every YAML block in the documentation compiles', (t) => {
  const pages = sourceFiles('*.md', 'docs/**/*.md', 'plugins/*/README.md', 'deploy/**/*.md', 'samples/**/*.md')
  const blocks = pages.flatMap(({ path, text }) => blocksOf(path, text)).filter(({ text }) => !isForAnother(text))
  for (const block of blocks) check(t, block)
  t.end()
})

t.test('every configuration file in the repository compiles', async (t) => {
  const files = sourceFiles('gateway.example.yaml', 'config/*.yaml', 'docs/**/*.yaml').filter(({ text }) => !isForAnother(text))
  t.ok(files.length > 0, 'there are files')
  for (const { path, text } of files) {
    // With the plugins of its own that it names.
    const { ok, issues } = await loadConfig({ file: join(root, path), displayName: path, env: dummyEnv(text), builtins: builtinPlugins })
    t.ok(ok && !hasErrors(issues), path, { found: formatIssues(issues) })
  }
})

t.test('the configuration inside compose.yaml compiles', (t) => {
  const compose = parse(readRepositoryFile('compose.yaml'), { merge: true }) as { configs: { gateway: { content: string } } }
  check(t, { where: 'compose.yaml', text: compose.configs.gateway.content })
  t.end()
})

t.test('a block that does not compile would be found, and a fragment is left out', (t) => {
  const page = ['a', '```yaml', 'version: 1', 'nonsense: true', '```', '```yaml fragment', 'nonsense: true', '```'].join('\n')
  const blocks = blocksOf('page.md', page)
  t.strictSame(blocks, [{ where: 'page.md:3', text: 'version: 1\nnonsense: true\n' }])
  t.notOk(blocks.every(({ where, text }) => compileText({ file: where, text, env: dummyEnv(text), readFile, builtins: builtinPlugins }).ok))
  t.end()
})
