import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { eventually } from '../support/client.ts'
import type { RawConnection } from '../support/raw-client.ts'
import { BINARY, CLOSE, closePayload, CONTINUATION, frame, MASK, PING, PONG, TEXT } from '../support/websocket-frames.ts'
import { type PairSource, startPairs, type WebSocketPair } from '../support/websocket-pair.ts'

/** Frames that one side sends; made once with and once without a mask. */
type Script = (mask: Buffer | null) => readonly Buffer[]

const LENGTHS = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 1024 * 1024]
const OPCODES = [0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x8, 0x9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf]
const CLOSE_CODES = [0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1015, 1016, 2999, 3000, 4999, 5000, 65_535]
const INVALID_UTF8 = Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex')
const pattern = (length: number): Buffer => Buffer.alloc(length, '*-0123456789')

/** By the group of the Autobahn test suite that plays the same on an endpoint; here the question is only whether every byte arrives. */
const GROUPS: readonly [string, Script][] = [
  [
    '1 framing: text and binary of every kind of length',
    (mask) => LENGTHS.flatMap((length) => [TEXT, BINARY].map((op) => frame(op, pattern(length), { mask })))
  ],
  [
    '2 pings and pongs: empty, full, too long, unasked for, ten at once, a flood',
    (mask) => [
      frame(PING, '', { mask }),
      frame(PING, randomBytes(125), { mask }),
      frame(PING, randomBytes(126), { mask }),
      frame(PONG, 'unasked for', { mask }),
      ...Array.from({ length: 10 }, (_, i) => frame(PING, `ping ${i}`, { mask })),
      ...Array.from({ length: 5_000 }, (_, i) => frame(i % 2 === 0 ? PING : PONG, String(i), { mask }))
    ]
  ],
  [
    '3 reserved bits: each of them and all together',
    (mask) => [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [TEXT, BINARY, PING, CLOSE].map((op) => frame(op, 'x', { rsv, mask })))
  ],
  ['4 opcodes: all sixteen, empty and not', (mask) => OPCODES.flatMap((op) => [frame(op, '', { mask }), frame(op, 'reserved?', { mask })])],
  [
    '5 fragmentation: fragments with control frames in between, control frames in fragments, continuations of nothing',
    (mask) => [
      frame(TEXT, 'frag', { fin: false, mask }),
      frame(PING, 'between', { mask }),
      frame(CONTINUATION, 'ment', { fin: false, mask }),
      frame(PONG, 'between', { mask }),
      frame(CONTINUATION, '', { fin: false, mask }),
      frame(CONTINUATION, 'ed', { mask }),
      frame(PING, 'half', { fin: false, mask }),
      frame(CONTINUATION, 'of nothing', { mask }),
      frame(TEXT, 'one', { fin: false, mask }),
      frame(TEXT, 'within another', { mask })
    ]
  ],
  [
    '6 UTF-8: valid, invalid, cut within a character',
    (mask) => [
      frame(TEXT, 'Hello-µ@ßöäüàá-UTF-8!!', { mask }),
      frame(TEXT, INVALID_UTF8, { mask }),
      ...Array.from(INVALID_UTF8, (byte, i) =>
        frame(i === 0 ? TEXT : CONTINUATION, Buffer.from([byte]), { fin: i === INVALID_UTF8.length - 1, mask })
      ),
      frame(TEXT, Buffer.from('f4908080', 'hex'), { mask })
    ]
  ],
  [
    '7 closing: codes valid and not, one byte, too long, invalid text, and frames behind it',
    (mask) => [
      ...CLOSE_CODES.map((code) => frame(CLOSE, closePayload(code, 'why'), { mask })),
      frame(CLOSE, '', { mask }),
      frame(CLOSE, 'a', { mask }),
      frame(CLOSE, Buffer.concat([closePayload(1000), Buffer.alloc(124, 'a')]), { mask }),
      frame(CLOSE, Buffer.concat([closePayload(1000), INVALID_UTF8]), { mask }),
      frame(TEXT, 'behind', { mask }),
      frame(PING, 'behind', { mask })
    ]
  ],
  [
    '9 limits: one large message whole, and in fragments of 64 and 4,096 bytes',
    (mask) => [
      frame(BINARY, randomBytes(4 * 1024 * 1024), { mask }),
      ...[64, 4096].flatMap((size) =>
        Array.from({ length: 256 }, (_, i) => frame(i === 0 ? BINARY : CONTINUATION, randomBytes(size), { fin: i === 255, mask }))
      )
    ]
  ],
  [
    '10 automatic fragmentation: 65,536 bytes in pieces of 1,300',
    (mask) => Array.from({ length: 51 }, (_, i) => frame(i === 0 ? TEXT : CONTINUATION, pattern(i === 50 ? 536 : 1300), { fin: i === 50, mask }))
  ],
  [
    '12 and 13 compression: frames with RSV1, as permessage-deflate makes them',
    (mask) => [frame(TEXT, Buffer.from('f248cdc9c90700', 'hex'), { rsv: 4, mask })]
  ],
  ['no frames at all', () => [Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), randomBytes(10_000)]]
]

async function expectBytes(t: Test, name: string, receiver: RawConnection, sent: Buffer): Promise<void> {
  t.ok((await receiver.bytes(sent.length)).equals(sent), name)
}

async function playBoth(t: Test, name: string, source: PairSource, script: Script): Promise<void> {
  const { client, upstream } = await source.open()
  const [fromClient, fromUpstream] = [Buffer.concat(script(MASK)), Buffer.concat(script(null))]
  client.write(fromClient)
  upstream.write(fromUpstream)
  await Promise.all([
    expectBytes(t, `${name}: from the client`, upstream, fromClient),
    expectBytes(t, `${name}: from the upstream`, client, fromUpstream)
  ])
  await expectNothingMore(t, { client, upstream })
}

async function expectNothingMore(t: Test, { client, upstream }: Pick<WebSocketPair, 'client' | 'upstream'>): Promise<void> {
  client.socket.end()
  upstream.socket.end()
  t.equal((await upstream.rest()) + (await client.rest()), '', 'and nothing else')
}

t.test('what either end of a WebSocket sends arrives byte for byte, both directions at once', async (t) => {
  const source = await startPairs(t)
  await Promise.all(GROUPS.map(([name, script]) => playBoth(t, name, source, script)))
})

t.test('it does when each byte comes by itself', async (t) => {
  const source = await startPairs(t)
  const script: Script = (mask) => [
    frame(TEXT, 'first', { mask }),
    frame(PING, '', { mask }),
    frame(TEXT, pattern(130), { fin: false, mask }),
    frame(CONTINUATION, 'é', { mask }),
    frame(CLOSE, closePayload(1000), { mask })
  ]
  const { client, upstream } = await source.open()
  const ends = [
    [client, upstream, Buffer.concat(script(MASK))],
    [upstream, client, Buffer.concat(script(null))]
  ] as const
  const chopped = async ([from, to, bytes]: (typeof ends)[number]): Promise<void> => {
    from.socket.setNoDelay(true)
    for (const [i, byte] of bytes.entries()) {
      from.write(Buffer.from([byte]))
      // Only then is it a piece of its own.
      await eventually(() => to.pending === i + 1)
    }
    await expectBytes(t, 'chopped', to, bytes)
  }
  await Promise.all(ends.map(chopped))
})
