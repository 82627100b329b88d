import { run } from './cli/run.ts'

process.exitCode = await run({
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  out: (text) => { process.stdout.write(text) },
  err: (text) => { process.stderr.write(text) }
})
