import { duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { EarlyBytes } from '../../src/proxy/websocket-early-bytes.ts'

const KIB = 1024
const PIECE = Buffer.alloc(32 * KIB, 'x')

/** Writes as long as it is taken, for as many turns of the event loop as there are pieces. */
async function pour(into: ReturnType<typeof duplexPair>[0], pieces: number): Promise<number> {
  let written = 0
  for (let i = 0; i < pieces; i++) {
    if (!into.writableNeedDrain) {
      into.write(PIECE)
      written += PIECE.length
    }
    await turn()
  }
  return written
}

t.test('of a client that does not wait for its answer no more is kept than the limit and what one read brings', async (t) => {
  const [client, socket] = duplexPair()
  const early = new EarlyBytes(socket, Buffer.alloc(10))
  t.ok((await pour(client, 200)) < 512 * KIB, 'the rest stays with the client')
  const kept = early.take().reduce((sum, piece) => sum + piece.length, 0)
  t.ok(kept > 64 * KIB && kept <= 64 * KIB + 10 + 2 * PIECE.length, `${kept} bytes`)
  t.equal(socket.listenerCount('data') + socket.listenerCount('end'), 0, "and from then on it is somebody else's")
})

t.test('of a client that was refused nothing is kept, and what it still sends is read away', async (t) => {
  const [client, socket] = duplexPair()
  const early = new EarlyBytes(socket, Buffer.alloc(10))
  await pour(client, 200)
  early.drop()
  for (let i = 0; i < 20; i++) await turn()
  t.equal(await pour(client, 50), 50 * PIECE.length)
  t.same(early.take(), [])
})
