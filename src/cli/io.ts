/** What a command may touch of the process; `main.ts` fills it in, tests give their own. */
export interface CliIo {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  out(text: string): void
  err(text: string): void
}

/** Follows sysexits(3) where it has a word for it. */
export const EXIT = { ok: 0, invalid: 1, usage: 64, config: 78 } as const

/** A mistake on the command line; printed with the command's usage. */
export class UsageError extends Error {}

export interface Command {
  /** What `sallyport NAME --help` prints. */
  readonly help: string
  /** Resolves to the exit code. @throws UsageError */
  run(io: CliIo): Promise<number>
}
