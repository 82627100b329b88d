import t from 'tap'
import { sourceFiles } from './source-files.ts'

t.test('nothing outside a provider imports it but by import()', (t) => {
  const providers = /from '[^']*(?:discovery\/)?(?:consul|dns|etcd|eureka|file|kubernetes|zookeeper)\/[^']*'/
  const files = sourceFiles('src/**/*.ts').filter(({ path }) => !/^src\/discovery\/\w+\//.test(path))
  t.ok(files.length > 100, 'the files were found')
  t.strictSame(
    files.filter(({ text }) => providers.test(text)).map(({ path }) => path),
    []
  )
  const discovery = files.find(({ path }) => path === 'src/discovery/discovery.ts')?.text ?? ''
  t.equal([...discovery.matchAll(/await import\('\.\/\w+\/provider\.ts'\)/g)].length, 7)
  t.match("import { x } from './consul/provider.ts'", providers, 'an import like that would be found')
  t.end()
})
