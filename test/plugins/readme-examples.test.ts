import { readFileSync } from 'node:fs'
import t from 'tap'
import { builtinPlugins } from '../../plugins/index.ts'
import { compileText } from '../../src/config/compile-text.ts'

const keysOf = (schema: object): string[] => Object.keys((schema as { readonly properties: object }).properties)

for (const { name, schema } of builtinPlugins) {
  const text = readFileSync(new URL(`../../plugins/${name}/README.md`, import.meta.url), 'utf8')

  t.test(`the example of ${name} is a valid document that uses it`, async (t) => {
    const blocks = [...text.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, block = '']) => block)
    t.equal(blocks.length, 1)
    const compiled = compileText({ file: 'README.md', text: blocks[0] ?? '', env: {}, readFile: () => '', builtins: builtinPlugins })
    t.same(compiled.issues, [])
    if (compiled.ok) t.ok(compiled.plan.routes.some(({ plugins }) => plugins.some(({ definition }) => definition.name === name)))
  })

  t.test(`every key of ${name} is in its table`, async (t) => {
    const table = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .join('\n')
    for (const key of keysOf(schema)) t.match(table, `\`${key}`)
  })
}
