import { createServer } from 'node:net'
import type { AddressPlan } from '../config/plan.ts'

/** Whether several sockets of this process may listen on one port, and the system deals new connections out among them. */
export async function canSharePorts(): Promise<boolean> {
  try {
    await tryListen({ host: '127.0.0.1', port: 0 }, true)
    return true
  } catch {
    return false
  }
}

/**
 * Sockets that share their port share it with those of another process too, which no worker would notice: so the supervisor asks for each
 * address alone first.
 * @throws the system's error when an address is taken
 */
export async function checkFree(addresses: readonly AddressPlan[]): Promise<void> {
  for (const address of addresses) if (address.port !== 0) await tryListen(address, false)
}

function tryListen({ host, port }: AddressPlan, reusePort: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, reusePort }, () => server.close(() => resolve()))
  })
}
