import { readdirSync, readFileSync } from 'node:fs'
import http, { type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { send } from '../../test/support/client.ts'
import { type GatewayProcess, startGatewayProcess, temporaryFolder } from '../../test/support/gateway-process.ts'

const MIB = 1024 * 1024

/** What a soak needs around it; everything is taken down at the end, also of one that failed. */
export class Scene {
  readonly #ends: (() => unknown)[] = []
  readonly #failures: string[] = []
  readonly folder: string

  constructor() {
    this.folder = temporaryFolder(this)
  }

  get file(): string {
    return join(this.folder, 'gateway.yaml')
  }

  teardown(run: () => unknown): void {
    this.#ends.push(run)
  }

  async origin(listener: RequestListener): Promise<{ readonly url: string; readonly connections: () => number }> {
    const sockets = new Set<Socket>()
    const server = http.createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, listener)
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.teardown(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => sockets.size }
  }

  /** A gateway in a process of its own, from the file of this scene. */
  gateway(nodeArgs: readonly string[] = []): Promise<GatewayProcess> {
    return startGatewayProcess(this, this.file, { nodeArgs })
  }

  /** One figure with its limit; a soak passes when all hold. */
  expect(what: string, holds: boolean): void {
    console.log(`  ${holds ? 'ok  ' : 'FAIL'}  ${what}`)
    if (!holds) this.#failures.push(what)
  }

  /** Runs a soak, prints its verdict and sets the exit code. */
  static async run(name: string, soak: (scene: Scene) => Promise<void>): Promise<void> {
    const scene = new Scene()
    console.log(name)
    // Whoever is told to stop leaves nothing running.
    const stop = (): void => void scene.#end().finally(() => process.exit(130))
    process.once('SIGINT', stop).once('SIGTERM', stop)
    try {
      await soak(scene)
    } catch (error) {
      scene.expect(error instanceof Error ? (error.stack ?? error.message) : String(error), false)
    }
    await scene.#end()
    console.log(scene.#failures.length === 0 ? `PASS ${name}` : `FAIL ${name}`)
    process.exitCode = scene.#failures.length === 0 ? 0 : 1
  }

  async #end(): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end()
  }
}

/** The part of every soak's document that does not matter. */
export const HEAD = `version: 1
listeners: [{ address: "127.0.0.1:0" }]
admin: { address: "127.0.0.1:0" }
shutdown: { delay: 0s, drain: 5s }
`

/** Resident memory of a process in MiB; of Linux, like all of /proc. */
export function residentMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}

/** CPU time of a process so far, all its threads, in ms; a clock tick of Linux is 10 ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Lets a process collect its garbage when it gets SIGWINCH, which nothing else uses. */
export const COLLECT_ON_SIGNAL = ['--expose-gc', '--import', 'data:text/javascript,process.on("SIGWINCH",()=>{gc();gc()})']

/** Used heap in MiB after a collection. */
export async function heapMib(gateway: GatewayProcess): Promise<number> {
  gateway.child.kill('SIGWINCH')
  // Two answers later the signal has been handled.
  await send(`${gateway.adminUrl}/livez`)
  return (await metric(gateway, 'nodejs_heap_size_used_bytes')) / MIB
}

export async function metric(gateway: GatewayProcess, series: string): Promise<number> {
  const { text } = await send(`${gateway.adminUrl}/metrics`)
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? 0 : Number(line.slice(series.length + 1))
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
