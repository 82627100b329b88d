import closeWithGrace from 'close-with-grace'
import { parseAddress } from '../config/address.ts'
import { startRegistry } from '../registry/server.ts'
import { systemClock } from '../system/clock.ts'
import { createSystemRandom } from '../system/random.ts'
import { type Command, EXIT, UsageError } from './io.ts'
import { expectPositionals, parseOptions } from './options.ts'

export const registry: Command = {
  help: `
Usage: sallyport registry [--address HOST:PORT]

Runs a service registry for development, without a Consul. It speaks the part of Consul's HTTP API that services register
themselves with and gateways look them up with, keeps everything in memory, and lets everybody do everything.

  --address HOST:PORT  where to listen (default: 127.0.0.1:8500, as Consul does)

SIGTERM and SIGINT stop it.

Exit code: 0 after a stop, 1 when the address cannot be listened on.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, { address: { type: 'string', default: '127.0.0.1:8500' } })
    expectPositionals(positionals, [])
    const address = parseAddress(values.address)
    if (!address.ok) throw new UsageError(`--address: ${address.reason}${address.hint === undefined ? '' : `; ${address.hint}`}`)
    try {
      const running = await startRegistry({ ...address.value, clock: systemClock, random: createSystemRandom() })
      closeWithGrace({ delay: 5000, logger: false }, async ({ err }) => {
        if (err !== undefined) io.err(`sallyport registry: ${err.stack ?? err.message}\n`)
        await running.close()
      })
      io.out(`registry listening on ${running.url}\n`)
    } catch (error) {
      io.err(`sallyport: ${error instanceof Error ? error.message : String(error)}\n`)
      return EXIT.invalid
    }
    // The listener keeps the process alive; the exit code is decided when a signal ends it.
    return new Promise<number>(() => {})
  }
}
