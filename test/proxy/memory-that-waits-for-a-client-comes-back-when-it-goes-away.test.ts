import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import t from 'tap'
import { ReadMemory } from '../../src/upstream/read-memory.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

/** More than the buffers of the system take in. */
const LARGE = 32 * 1024 * 1024

t.test('memory that waits for a client comes back when it goes away', async (t) => {
  const given: number[] = []
  const giveBack = ReadMemory.prototype.giveBack
  ReadMemory.prototype.giveBack = function (piece) {
    const before = this.lentBytes
    giveBack.call(this, piece)
    given.push(before - this.lentBytes)
  }
  t.teardown(() => {
    ReadMemory.prototype.giveBack = giveBack
  })
  const seen: Socket[] = []
  const note = (message: unknown): void => void seen.push((message as { socket: Socket }).socket)
  subscribe('net.server.socket', note)
  t.teardown(() => unsubscribe('net.server.socket', note))
  const origin = await startOrigin(t, (_request, response) => response.end(Buffer.alloc(LARGE)))
  const gateway = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, gateway.port)
  client.socket.pause()
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  let before = -1
  await eventually(() => {
    const isSame = before === given.length
    before = given.length
    return isSame && seen.some((socket) => socket.localPort === gateway.port && socket.writableNeedDrain)
  })
  client.socket.destroy()
  await eventually(() => given.length > before)
  t.ok(given.slice(before).some((bytes) => bytes > 0))
})
