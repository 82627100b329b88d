import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import t, { type Test } from 'tap'
import { root } from './source-files.ts'

/** A Node on PATH, or in the usual places, that is too old for the gateway; npm puts a new one in front of PATH. */
function findOldNode(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'].filter((folder) => !folder.includes('node_modules'))
  for (const folder of folders) {
    const answer = spawnSync(join(folder, 'node'), ['-p', 'process.versions.node'], { encoding: 'utf8' })
    const [major = 0, minor = 0] = (answer.stdout ?? '').split('.').map(Number)
    if (answer.status === 0 && (major < 24 || (major === 24 && minor < 12))) return join(folder, 'node')
  }
  return null
}

const oldNode = findOldNode()
const options = oldNode === null ? { skip: 'no Node older than 24.12 on this machine' } : {}

/** A copy of the launcher, with a program beside it that says under which Node it runs. */
function install(t: Test, { withNode }: { readonly withNode: boolean }): string {
  const folder = t.testdir({ bin: {}, src: {}, node_modules: { '.bin': withNode ? { node: t.fixture('symlink', process.execPath) } : {} } })
  copyFileSync(join(root, 'bin/sallyport.cjs'), join(folder, 'bin/sallyport.cjs'))
  mkdirSync(join(folder, 'dist/src'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'dist/src/main.js'), "console.log('compiled')")
  writeFileSync(
    join(folder, 'src/main.ts'),
    `
    const words: readonly string[] = process.argv.slice(2)
    console.log(process.versions.node, ...words)
    if (words[0] === 'wait') {
      const timer = setTimeout(() => {}, 60_000)
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { clearTimeout(timer); process.exitCode = 7 })
      console.log('waiting')
    }
    if (words[0] === 'fail') process.exitCode = 3
  `
  )
  return join(folder, 'bin/sallyport.cjs')
}

t.test('an old Node without a newer one beside it is told so in one sentence', options, (t) => {
  const { status, stdout, stderr } = spawnSync(oldNode as string, [install(t, { withNode: false })], { encoding: 'utf8' })
  t.equal(status, 1)
  t.equal(stdout, '')
  t.match(stderr, /^sallyport needs Node 24\.12 or newer, but this is Node [\d.]+; [^\n]*\n$/)
  t.end()
})

t.test('an old Node hands over to the one in node_modules, with arguments and exit code', options, (t) => {
  const { status, stdout } = spawnSync(oldNode as string, [install(t, { withNode: true }), 'fail', 'a b'], { encoding: 'utf8' })
  t.equal(status, 3)
  t.equal(stdout, `${process.versions.node} fail a b\n`)
  t.end()
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  t.test(`${signal} reaches the gateway behind an old Node, and its exit code comes back`, options, async (t) => {
    const child = spawn(oldNode as string, [install(t, { withNode: true }), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    for await (const piece of child.stdout.setEncoding('utf8')) if (String(piece).includes('waiting')) break
    child.kill(signal)
    const [status] = (await once(child, 'exit')) as [number]
    t.equal(status, 7)
  })
}

t.test('a new Node runs the sources of a checkout, also where a compiled copy lies beside them', (t) => {
  const { status, stdout } = spawnSync(process.execPath, [install(t, { withNode: false }), 'x'], { encoding: 'utf8' })
  t.equal(status, 0)
  t.equal(stdout, `${process.versions.node} x\n`)
  t.end()
})
