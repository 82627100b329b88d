import t from 'tap'
import { type RegistryServer, startRegistry } from '../../src/registry/server.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { send } from '../support/client.ts'
import type { Teardown } from '../support/gateway.ts'
import { type Agent, consulHarness } from './consul-kit.ts'
import { discoveryContract } from './contract.ts'

async function startAgent(t: Teardown): Promise<Agent> {
  const start = (port: number): Promise<RegistryServer> =>
    startRegistry({ host: '127.0.0.1', port, clock: systemClock, random: createSystemRandom() })
  let running: RegistryServer | null = await start(0)
  const { url, port } = running
  const kill = async (): Promise<void> => {
    await running?.close()
    running = null
  }
  t.teardown(kill)
  return {
    url,
    kill,
    async restart() {
      await kill()
      running = await start(port)
    },
    put: (path, body) => send(url + path, { method: 'PUT', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  }
}

discoveryContract(t, async (t) => consulHarness(await startAgent(t)))
