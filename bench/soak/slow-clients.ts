// 500 clients that are as slow as they can be, by slowhttptest and by hand: others must not notice, and the upstream must not hear of them.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import type { GatewayProcess } from '../../test/support/gateway-process.ts'
import { HEAD, metric, residentMib, Scene } from './kit.ts'
import { openLoop, percentile, type Seen } from './open-loop.ts'

const CLIENTS = 500
const MODE_SECONDS = 25
const PROBES_PER_SECOND = 20
/** Of the resident memory, from before an attack to its peak. */
const MAX_ADDED_MIB = 120
/** However often it is repeated: for each client two reads of 64 KiB that its answer holds, and as much again that V8 has yet to collect. */
const READERS_ROUNDS = 3
const MAX_ADDED_BY_READERS_MIB = (CLIENTS * 256) / 1024
/** What the probes need, a second's worth at a time after a moment without the processor. */
const MAX_UPSTREAM_CONNECTIONS = 40
/**
 * More than the system takes of an answer for a client that does not read (some 1.3 MiB on loopback, whose segments are large), so that the rest
 * waits in the gateway. Where upstream, gateway and client are one machine, the system's own memory for connections
 * runs short for a second or two (TcpExtTCPMemoryPressures), which is what the slowest probes wait for.
 */
const LARGE = Buffer.alloc(2 * 1024 * 1024)
const MIN_RATE = 240
const SPREAD_MS = 5_000

interface Watched {
  readonly peakMib: number
  readonly peakConnections: number
  readonly peakUpstream: number
  readonly probes: readonly Seen[]
}

/** Probes and samples for as long as a mode lasts. */
async function watch(gateway: GatewayProcess, upstream: () => number): Promise<Watched> {
  const pid = gateway.child.pid as number
  let [peakMib, peakConnections, peakUpstream] = [0, 0, 0]
  const sampler = setInterval(() => {
    peakMib = Math.max(peakMib, residentMib(pid))
    peakUpstream = Math.max(peakUpstream, upstream())
    void metric(gateway, 'sallyport_connections_open{listener="127.0.0.1:0"}').then((open) => {
      peakConnections = Math.max(peakConnections, open)
    })
  }, 250)
  const probes = await openLoop(`${gateway.url}/probe`, { rate: PROBES_PER_SECOND, seconds: MODE_SECONDS })
  clearInterval(sampler)
  return { peakMib, peakConnections, peakUpstream, probes }
}

function slowhttptest(scene: Scene, args: readonly string[]): ChildProcess {
  const all = ['-c', String(CLIENTS), '-r', '250', '-l', String(MODE_SECONDS), '-p', '3', ...args]
  const child = spawn('slowhttptest', all, { stdio: 'ignore' })
  child.on('error', (error) => scene.expect(`slowhttptest runs (${error.message}; Debian has a package of that name)`, false))
  scene.teardown(() => child.kill())
  return child
}

/** Uploads by hand at so many bytes a second. */
class Uploads {
  readonly #sockets: Socket[] = []
  readonly #timers: NodeJS.Timeout[] = []
  readonly statuses = new Map<string, number>()

  constructor(port: number, bytesPerSecond: number, seconds: number) {
    // Spread, so that they neither begin nor end together.
    for (let i = 0; i < CLIENTS; i++) this.#later((i * SPREAD_MS) / CLIENTS, () => this.#begin(port, bytesPerSecond, seconds))
  }

  #begin(port: number, bytesPerSecond: number, seconds: number): void {
    let left = bytesPerSecond * seconds
    const socket = net.connect(port, '127.0.0.1')
    this.#sockets.push(socket)
    socket.on('error', () => {}).write(`POST /upload HTTP/1.1\r\nHost: soak\r\nContent-Length: ${left}\r\n\r\n`)
    socket.setEncoding('latin1').once('data', (text: string) => {
      const status = text.slice(9, 12)
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
      socket.end()
    })
    const send = (): void => {
      if (left === 0 || !socket.writable) return
      left -= bytesPerSecond
      socket.write('x'.repeat(bytesPerSecond))
      this.#later(1000, send)
    }
    send()
  }

  #later(ms: number, run: () => void): void {
    this.#timers.push(setTimeout(run, ms))
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const socket of this.#sockets) socket.destroy()
  }
}

await Scene.run('slow-clients', async (scene) => {
  let uploads = 0
  const origin = await scene.origin((request, response) => {
    if (request.method === 'POST') uploads++
    request.resume().on('end', () => response.end(request.url === '/large' ? LARGE : 'answer'))
  })
  writeFileSync(
    scene.file,
    `${HEAD}telemetry: { log: { access: false } }
clientTimeouts: { headers: 10s, minUploadRate: ${MIN_RATE}B, uploadGrace: 1s, writeStall: 5s }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  const gateway = await scene.gateway()
  const pid = gateway.child.pid as number
  const idleMib = residentMib(pid)
  await openLoop(`${gateway.url}/large`, { rate: 100, seconds: 5 })
  console.log(`  500 clients that read: RSS ${idleMib.toFixed(0)} → ${residentMib(pid).toFixed(0)} MiB`)
  const timeouts = (kind: string) => metric(gateway, `sallyport_client_timeouts_total{kind="${kind}"}`)

  /** @param most Connections to the upstream. @returns the peak of the resident memory in MiB */
  const mode = async (name: string, kind: string, most: number, attack: () => (() => Promise<void> | void) | ChildProcess): Promise<number> => {
    const before = residentMib(pid)
    const cutBefore = await timeouts(kind)
    const running = attack()
    const { probes, peakMib, peakConnections, peakUpstream } = await watch(gateway, origin.connections)
    if (typeof running === 'function') await running()
    else if (running.exitCode === null) {
      running.kill()
      await once(running, 'exit')
    }
    const good = probes.filter(({ status }) => status === 200).length
    const [after, cut] = [residentMib(pid), (await timeouts(kind)) - cutBefore]
    const p99 = percentile(probes, 99)
    console.log(
      `  ${name}: ${peakConnections} connections, ${cut} cut (${kind}), upstream connections ${peakUpstream}, ` +
        `p99 ${p99.toFixed(1)} ms, RSS ${before.toFixed(0)} → ${peakMib.toFixed(0)} → ${after.toFixed(0)} MiB`
    )
    scene.expect(`${name}: ${good} of ${probes.length} probes answered with 200`, good === probes.length)
    scene.expect(`${name}: ${(peakMib - before).toFixed(1)} MiB added, at most ${MAX_ADDED_MIB}`, peakMib - before <= MAX_ADDED_MIB)
    const attackers = Math.max(peakConnections, cut)
    scene.expect(`${name}: the attack was there, ${attackers} connections`, attackers > CLIENTS * 0.8)
    scene.expect(`${name}: upstream connections ${peakUpstream}, at most ${most}`, peakUpstream <= most)
    if (kind !== 'none') scene.expect(`${name}: ${cut} were ended`, cut > CLIENTS * 0.8)
    return peakMib
  }

  const url = ['-u', `${gateway.url}/large`]
  await mode('slow heads (-H)', 'headers', MAX_UPSTREAM_CONNECTIONS, () => slowhttptest(scene, ['-H', '-i', '5', ...url]))
  await mode('slow bodies (-B)', 'upload-rate', MAX_UPSTREAM_CONNECTIONS, () => slowhttptest(scene, ['-B', '-i', '5', '-s', '8192', ...url]))
  // Their requests are whole, so each has an upstream connection until its answer is over.
  const before = residentMib(pid)
  let peak = before
  for (let round = 1; round <= READERS_ROUNDS; round++) {
    const reached = await mode(`slow readers (-X), round ${round}`, 'write-stall', CLIENTS + MAX_UPSTREAM_CONNECTIONS, () =>
      slowhttptest(scene, ['-X', '-w', '8', '-y', '16', '-n', '5', '-z', '8', '-k', '1', ...url])
    )
    peak = Math.max(peak, reached)
  }
  const added = peak - before
  scene.expect(`slow readers: ${added.toFixed(1)} MiB added in all rounds, at most ${MAX_ADDED_BY_READERS_MIB}`, added <= MAX_ADDED_BY_READERS_MIB)
  for (const [rate, kind, status, uploadsUpstream] of [
    [MIN_RATE - 60, 'upload-rate', '408', 0],
    [MIN_RATE + 40, 'none', '200', CLIENTS]
  ] as const) {
    uploads = 0
    await mode(`uploads of ${rate} B/s`, kind, MAX_UPSTREAM_CONNECTIONS, () => {
      const clients = new Uploads(gateway.port, rate, MODE_SECONDS - 8)
      return () => {
        clients.stop()
        const seen = [...clients.statuses].map(([code, count]) => `${count} × ${code}`).join(', ')
        scene.expect(`uploads of ${rate} B/s: ${seen}`, clients.statuses.get(status) === CLIENTS)
        scene.expect(`uploads of ${rate} B/s: the upstream saw ${uploads} of them`, uploads === uploadsUpstream)
      }
    })
  }
})
