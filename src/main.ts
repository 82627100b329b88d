import { run } from './cli/run.ts'
import { provideSelfImports } from './cli/self-imports.ts'

provideSelfImports()

// `sallyport routes FILE | head`: the reader has seen enough, which is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await run({
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  out: (text) => {
    process.stdout.write(text)
  },
  err: (text) => {
    process.stderr.write(text)
  }
})
