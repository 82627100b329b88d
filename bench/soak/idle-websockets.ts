// So many idle WebSockets through a gateway outlive three reloads, and a Ping goes through each of them afterwards: node bench/soak/idle-websockets.ts [1000]
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { eventually } from '../../test/support/client.ts'
import { RawConnection } from '../../test/support/raw-client.ts'
import { accept, UPGRADE } from '../../test/support/websocket.ts'
import { frame, MASK, PING, PONG, readFrame } from '../../test/support/websocket-frames.ts'
import { HEAD, metric, openDescriptors, residentMib, Scene } from './kit.ts'

const SOCKETS = Number(process.argv[2] ?? 1000)
const RELOADS = 3
const AT_A_TIME = 50
const MAX_KIB_PER_SOCKET = 64

const documentOf = (round: number, originUrl: string): string => `${HEAD}telemetry: { log: { access: false } }
limits: { body: ${1 + round}MiB }
plugins: { request-id: {} }
upstreams: { origin: { endpoints: ["${originUrl}"], timeouts: { idle: ${60 + round}s } } }
routes: [{ name: all, match: { path: /* }, upstream: origin, plugins: { headers: { response: { set: { x-round: "${round}" } } } } }]
`

/** An upstream that accepts every WebSocket and answers each Ping. */
async function startUpstream(scene: Scene): Promise<string> {
  const sockets = new Set<Duplex>()
  const server = http.createServer()
  server.on('upgrade', (request, socket: Socket) => {
    sockets.add(socket)
    socket.write(accept(request))
    void answerPings(new RawConnection(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scene.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answerPings(connection: RawConnection): Promise<void> {
  try {
    for (;;) {
      const { payload } = await readFrame(connection)
      connection.write(frame(PONG, payload))
    }
  } catch {
    // It is over.
  }
}

async function open(scene: Scene, port: number): Promise<RawConnection> {
  const client = await RawConnection.open(scene, port)
  client.write(`${UPGRADE}\r\n`)
  const { status } = await client.response()
  if (status !== 101) throw new Error(`an upgrade was answered with ${status}`)
  return client
}

/** Some at a time, or the queue of the listening socket would be what is measured. */
async function inTurns<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let from = 0; from < count; from += AT_A_TIME) {
    results.push(...(await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count - from) }, (_, i) => run(from + i)))))
  }
  return results
}

/** Whether what is said comes back. */
async function pinged(client: RawConnection, index: number): Promise<boolean> {
  if (client.isClosed) return false
  client.write(frame(PING, `ping ${index}`, { mask: MASK }))
  const { opcode, payload } = await readFrame(client)
  return opcode === PONG && payload.toString() === `ping ${index}`
}

await Scene.run('idle-websockets', async (scene) => {
  const originUrl = await startUpstream(scene)
  writeFileSync(scene.file, documentOf(0, originUrl))
  const gateway = await scene.gateway()
  const pid = gateway.child.pid as number
  const active = () => metric(gateway, 'sallyport_streams_active{kind="websocket"}')
  const [rssBefore, openBefore] = [residentMib(pid), openDescriptors(pid)]
  const clients = await inTurns(SOCKETS, () => open(scene, gateway.port))
  scene.expect(`${SOCKETS} WebSockets opened, ${await active()} counted`, (await active()) === SOCKETS)
  const rssOpen = residentMib(pid)
  const each = ((rssOpen - rssBefore) * 1024) / SOCKETS
  console.log(`  RSS ${rssBefore.toFixed(1)} MiB before, ${rssOpen.toFixed(1)} MiB with all of them: ${each.toFixed(1)} KiB each`)
  // What a process needs to get going at all counts for little only among many.
  if (SOCKETS >= 1000) scene.expect(`less than ${MAX_KIB_PER_SOCKET} KiB each`, each < MAX_KIB_PER_SOCKET)
  for (let round = 1; round <= RELOADS; round++) {
    writeFileSync(scene.file, documentOf(round, originUrl))
    await eventually(async () => (await metric(gateway, 'sallyport_config_reloads_total{result="applied"}')) === round, 10_000)
  }
  const alive = (await inTurns(clients.length, (i) => pinged(clients[i] as RawConnection, i))).filter(Boolean).length
  console.log(`  RSS ${residentMib(pid).toFixed(1)} MiB after ${RELOADS} reloads and a Ping through each`)
  scene.expect(`${alive} of ${SOCKETS} answered a Ping after ${RELOADS} reloads`, alive === SOCKETS)
  for (const client of clients) client.destroy()
  await eventually(async () => (await active()) === 0, 10_000)
  await eventually(() => openDescriptors(pid) <= openBefore + 8, 10_000)
  console.log(`  open descriptors ${openBefore} before, ${openDescriptors(pid)} after`)
})
