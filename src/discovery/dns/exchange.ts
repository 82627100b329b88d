import { createSocket } from 'node:dgram'
import { connect, isIP } from 'node:net'
import type { AddressPlan } from '../../config/plan.ts'
import { isAnswerTo, isTruncated, type Query } from './message.ts'

/**
 * Sends a question to one server over UDP, and again over TCP when the answer did not fit (RFC 7766 section 5).
 * @returns The bytes of a whole answer to this question.
 * @throws Error when there is none, or why the signal was aborted
 */
export async function exchange(server: AddressPlan, query: Query, signal: AbortSignal): Promise<Buffer> {
  const answer = await overUdp(server, query, signal)
  if (!isTruncated(answer)) return answer
  const whole = await overTcp(server, query, signal)
  if (!isAnswerTo(query, whole) || isTruncated(whole)) throw new Error('the answer over TCP is garbled')
  return whole
}

/** A socket of its own for each question: its port is one more thing that a forger must guess, RFC 5452 section 9.2. */
async function overUdp({ host, port }: AddressPlan, query: Query, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4')
  socket.on('error', reject)
  // Whatever answers something else is not believed, and does not end the wait for the answer.
  socket.on('message', (bytes) => {
    if (isAnswerTo(query, bytes)) resolve(bytes)
  })
  socket.once('connect', () => socket.send(query.bytes))
  onAbort(signal, reject)
  // Connected, so that packets from elsewhere are dropped and a closed port is told at once.
  socket.connect(port, host)
  try {
    return await promise
  } finally {
    socket.close()
  }
}

async function overTcp({ host, port }: AddressPlan, query: Query, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const socket = connect({ host, port })
  let received: Buffer = Buffer.alloc(0)
  socket.on('error', reject)
  socket.once('close', () => reject(new Error('the connection was closed before the answer was complete')))
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) resolve(received.subarray(2, 2 + received.readUInt16BE(0)))
  })
  onAbort(signal, reject)
  // Length and message in one piece, RFC 7766 section 8.
  socket.write(Buffer.concat([lengthOf(query.bytes), query.bytes]))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return length
}

function onAbort(signal: AbortSignal, reject: (reason: unknown) => void): void {
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
}
