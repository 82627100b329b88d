import { run } from '../../src/cli/run.ts'

export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command that starts no server, in this process. */
export async function cli(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  let out = ''
  let err = ''
  const code = await run({
    args,
    env,
    cwd,
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    }
  })
  return { code, out, err }
}
