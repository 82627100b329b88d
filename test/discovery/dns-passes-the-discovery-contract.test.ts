import t from 'tap'
import type { DnsQuery } from '../../src/config/plan-discovery.ts'
import { createDnsProvider } from '../../src/discovery/dns/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { a, RCODE, soa, srv, startDnsServer, type Reply } from '../support/dns-server.ts'
import { discoveryContract, type Registration } from './contract.ts'
import { settings } from './dns-fixtures.ts'

const nameOf = (service: string): string => `_${service}._tcp.test`
const targetOf = (host: string): string => `host-${host.replaceAll('.', '-')}.test`

discoveryContract<DnsQuery>(t, async (t) => {
  /** By service and then by port; port 0 cannot be reached. */
  const services = new Map<string, Map<number, Registration>>()
  let isDown = false
  const replyTo = (name: string): Reply => {
    const instances = [...(services.get(name)?.values() ?? [])]
    if (instances.length === 0) return { rcode: RCODE.nameError, authorities: [soa('test')] }
    return {
      answers: instances.map(({ host, port }) => srv(name, targetOf(host), port)),
      additionals: instances.map(({ host }) => a(targetOf(host), host))
    }
  }
  const server = await startDnsServer(t, ({ name }) => (isDown ? [] : [replyTo(name)]))
  const register = async (service: string, registration: Registration): Promise<unknown> => {
    const instances = services.get(nameOf(service)) ?? new Map<number, Registration>()
    return services.set(nameOf(service), instances.set(registration.port, registration))
  }
  return {
    provider: createDnsProvider(
      { ...settings, servers: [server.address], minTtlMs: 20, timeoutMs: 150 },
      { clock: systemClock, random: createSystemRandom() }
    ),
    query: (service) => ({ name: nameOf(service), type: 'srv', port: 80, scheme: 'http' }),
    register,
    deregister: async (service, { port }) => services.get(nameOf(service))?.delete(port),
    spoil: async (service) => register(service, { host: '127.0.0.1', port: 0 }),
    down: async () => (isDown = true),
    up: async () => (isDown = false),
    // Weights come with SRV, zones do not exist.
    hasWeights: false
  }
})
