import { hashPassword } from '../../plugins/basic-auth/hash-password.ts'
import { type Command, EXIT, UsageError } from './io.ts'
import { expectPositionals, parseOptions } from './options.ts'

export const hash: Command = {
  help: `
Usage: sallyport hash NAME

Prints the scrypt hash of the password in the environment variable NAME, for \`consumers[].basic\`.
Not as an argument: other users of the machine could read it.

  PASSWORD='correct horse' sallyport hash PASSWORD`,
  async run(io) {
    const { positionals } = parseOptions(io.args, {})
    const [name] = expectPositionals(positionals, ['NAME'])
    const password = io.env[name as string]
    if (password === undefined || password === '') throw new UsageError(`the variable ${String(name)} is not set`)
    try {
      io.out(`${await hashPassword(password)}\n`)
      return EXIT.ok
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error))
    }
  }
}
