import { type Duplex, duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Flow } from '../../src/proxy/websocket-flow.ts'
import { BINARY, frame, MASK } from '../support/websocket-frames.ts'
import { startPairs } from '../support/websocket-pair.ts'

const MIB = 1024 * 1024
const OWNER = { onBytes() {}, onClosed() {}, onFinished() {}, onEnd() {} }

/** Writes pieces for as long as the other side takes them. @returns how many bytes were taken. */
async function pour(into: Duplex, pieces: number, piece: Buffer): Promise<number> {
  let written = 0
  for (let i = 0; i < pieces; i++) {
    if (into.writableNeedDrain) {
      // Every step between two streams of one process is done within a few turns.
      for (let turns = 0; turns < 20 && into.writableNeedDrain; turns++) await turn()
      if (into.writableNeedDrain) break
    }
    into.write(piece)
    written += piece.length
  }
  return written - into.writableLength
}

async function holdBack(t: Test, fromClient: boolean): Promise<void> {
  const [sender, source] = duplexPair()
  const [target, reader] = duplexPair()
  const flow = new Flow(source, target, fromClient, OWNER)
  flow.start([])
  const piece = frame(BINARY, Buffer.alloc(64 * 1024), { mask: fromClient ? MASK : null })
  const taken = await pour(sender, 4096, piece)
  t.ok(taken < 4 * MIB, `${taken} of ${4096 * piece.length} bytes were taken while nobody reads`)
  t.ok(flow.bytes <= taken, 'and no more has passed')
  let received = 0
  reader.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  const more = await pour(sender, 100, piece)
  t.ok(more > 4 * MIB, 'all goes on when somebody reads')
  for (let turns = 0; turns < 200 && sender.writableLength > 0; turns++) await turn()
  for (let turns = 0; turns < 200 && received < flow.bytes; turns++) await turn()
  t.equal(received, flow.bytes, 'what was taken arrives')
}

t.test('a client waits for an upstream that does not read', (t) => holdBack(t, true))

t.test('an upstream waits for a client that does not read', (t) => holdBack(t, false))

t.test('over real connections everything arrives after both ends have not read for a while', async (t) => {
  const { client, upstream } = await (await startPairs(t)).open()
  const piece = Buffer.alloc(MIB, 'x')
  client.socket.pause()
  upstream.socket.pause()
  for (let i = 0; i < 32; i++) {
    client.write(piece)
    upstream.write(piece)
  }
  for (let turns = 0; turns < 200; turns++) await turn()
  t.ok(client.socket.writableLength > 0, 'the client has to wait')
  t.ok(upstream.socket.writableLength > 0, 'the upstream has to wait')
  client.socket.resume()
  upstream.socket.resume()
  const [down, up] = await Promise.all([client.bytes(32 * MIB), upstream.bytes(32 * MIB)])
  t.equal(down.length + up.length, 64 * MIB)
})
