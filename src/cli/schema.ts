import { builtinPlugins } from '../../plugins/index.ts'
import { schemaFile } from '../config/schema.ts'
import { type Command, EXIT } from './io.ts'
import { expectPositionals, parseOptions } from './options.ts'

export const schema: Command = {
  help: `
Usage: sallyport schema

Prints the JSON Schema that editors complete and check gateway files with. Put its place into the first line of a file:

  # yaml-language-server: $schema=./config/gateway.schema.json`,
  run(io) {
    const { positionals } = parseOptions(io.args, {})
    expectPositionals(positionals, [])
    io.out(schemaFile(builtinPlugins))
    return Promise.resolve(EXIT.ok)
  }
}
