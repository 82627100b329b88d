// `sallyport start`, as an operator runs it, which also tells its CPU.
import { run } from '../../src/cli/run.ts'
import { provideSelfImports } from '../../src/cli/self-imports.ts'
import { obeyParent } from './setup.ts'

provideSelfImports()
obeyParent()
const code = await run({
  args: ['start', '-c', process.argv[3] ?? '', '--no-watch'],
  env: process.env,
  cwd: process.cwd(),
  out: (text) => {
    process.stdout.write(text)
  },
  err: (text) => {
    process.stderr.write(text)
  }
})
process.exit(code)
