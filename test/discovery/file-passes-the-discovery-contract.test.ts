import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { FileQuery } from '../../src/config/plan-discovery.ts'
import { createFileProvider } from '../../src/discovery/file/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { discoveryContract, type Registration } from './contract.ts'

discoveryContract<FileQuery>(t, async (t) => {
  const root = t.testdir({})
  const [here, away] = [join(root, 'here'), join(root, 'away')]
  mkdirSync(here)
  mkdirSync(away)
  const services = new Map<string, Map<number, unknown>>()
  const entriesOf = (service: string): Map<number, unknown> => {
    const entries = services.get(service) ?? new Map<number, unknown>()
    services.set(service, entries)
    return entries
  }
  /** As editors do it: nobody sees half of a file. */
  const write = async (service: string): Promise<void> => {
    writeFileSync(join(here, `.${service}.new`), JSON.stringify([...entriesOf(service).values()]))
    renameSync(join(here, `.${service}.new`), join(here, `${service}.yaml`))
  }
  const move = (from: string, to: string): void => {
    for (const service of services.keys()) renameSync(join(from, `${service}.yaml`), join(to, `${service}.yaml`))
  }
  const pathOf = (service: string): string => join(here, `${service}.yaml`)
  return {
    provider: createFileProvider({ clock: systemClock, random: createSystemRandom() }),
    query: (service) => {
      // A service that nobody has registered is a list without entries.
      if (!existsSync(pathOf(service)) && !services.has(service)) writeFileSync(pathOf(service), 'endpoints: []')
      return { path: pathOf(service) }
    },
    register: async (service, { host, port, weight, zone }: Registration) => {
      entriesOf(service).set(port, { url: `http://${host}:${port}`, weight, zone })
      return write(service)
    },
    deregister: async (service, { port }) => {
      entriesOf(service).delete(port)
      return write(service)
    },
    spoil: async (service) => {
      entriesOf(service).set(-1, { url: 'http://127.0.0.1:8009', weight: -1 })
      return write(service)
    },
    down: async () => move(here, away),
    up: async () => move(away, here)
  }
})
