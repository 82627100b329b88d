// Compiles to dist/, which then mirrors the repository: dist/src, dist/plugins, dist/samples, and every file that the code
// reads beside itself (Lua scripts, pages, the schema), so that `new URL('../x', import.meta.url)` means the same in both.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

const compiledFolders = ['src', 'plugins', 'samples']
const dataFiles = ['package.json', 'gateway.example.yaml', 'config']

rmSync(dist, { recursive: true, force: true })
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const isData = (path: string): boolean => !path.endsWith('.ts') && !basename(path).startsWith('.') && basename(path) !== 'README.md'
for (const folder of compiledFolders) cpSync(join(root, folder), join(dist, folder), { recursive: true, filter: isData })
for (const name of dataFiles) {
  if (existsSync(join(root, name))) cpSync(join(root, name), join(dist, name), { recursive: true })
}
