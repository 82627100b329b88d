import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE, TRUNCATED_RESPONSE, type Answer, type Packet, type Question } from 'dns-packet'
import type { Teardown } from './gateway.ts'

export const RCODE = { formatError: 1, serverFailure: 2, nameError: 3, refused: 5 } as const

/** What a server says to a question; all may be left out. */
export interface Reply extends Pick<Packet, 'answers' | 'authorities' | 'additionals'> {
  readonly rcode?: number
  readonly truncated?: boolean
  /** Instead of those of the question. */
  readonly id?: number
  readonly question?: Question
  /** The last thing that is done to the packet. */
  readonly garble?: (bytes: Buffer) => Buffer
}

export interface Asked extends Question {
  readonly over: 'udp' | 'tcp'
  readonly id: number
  /** What the client takes over UDP; null without EDNS. */
  readonly udpBytes: number | null
}

export interface DnsServer {
  /** `host:port`, both of UDP and of TCP. */
  readonly address: string
  readonly asked: readonly Asked[]
}

/** Packets to send one after the other; none to be silent. */
export type Script = (asked: Asked) => readonly Reply[]

/** A DNS server on a free port that says what a script says; closed with the test. */
export async function startDnsServer(t: Teardown, script: Script): Promise<DnsServer> {
  const asked: Asked[] = []
  const repliesTo = (bytes: Buffer, over: Asked['over']): readonly Buffer[] => {
    const { id = 0, questions = [], additionals = [] } = decode(bytes)
    const opt = additionals.find(({ type }) => type === 'OPT')
    const question = { ...(questions[0] as Question), over, id, udpBytes: opt?.type === 'OPT' ? opt.udpPayloadSize : null }
    asked.push(question)
    return script(question).map((reply) => encodeReply(question, reply))
  }
  const sockets = new Set<Socket>()
  const tcp = net.createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket)).on('error', () => {})
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        for (const reply of repliesTo(received.subarray(2, end), 'tcp')) socket.write(withLength(reply))
        received = received.subarray(end)
      }
    })
  })
  const udp = await listenOnBoth(tcp)
  udp.on('message', (bytes, { port, address }) => {
    for (const reply of repliesTo(bytes, 'udp')) udp.send(reply, port, address)
  })
  t.teardown(() => {
    udp.close()
    tcp.close()
    for (const socket of sockets) socket.destroy()
  })
  return { address: `127.0.0.1:${udp.address().port}`, asked }
}

/** A port that is free for TCP may be taken for UDP: then another one. */
async function listenOnBoth(tcp: net.Server) {
  for (;;) {
    tcp.listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const udp = createSocket('udp4')
    try {
      udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1')
      await once(udp, 'listening')
      return udp
    } catch {
      udp.close()
      tcp.close()
      await once(tcp, 'close')
    }
  }
}

function encodeReply(asked: Asked, reply: Reply): Buffer {
  const { name, type } = reply.question ?? asked
  const bytes = encode({
    type: 'response',
    id: reply.id ?? asked.id,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (reply.truncated === true ? TRUNCATED_RESPONSE : 0) | (reply.rcode ?? 0),
    questions: [{ name, type, class: 'IN' }],
    answers: [...(reply.answers ?? [])],
    authorities: [...(reply.authorities ?? [])],
    additionals: [...(reply.additionals ?? [])]
  })
  return reply.garble?.(bytes) ?? bytes
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

export function a(name: string, data: string, ttl = 0): Answer {
  return { type: 'A', name, data, ttl }
}

export function aaaa(name: string, data: string, ttl = 0): Answer {
  return { type: 'AAAA', name, data, ttl }
}

export function cname(name: string, data: string, ttl = 0): Answer {
  return { type: 'CNAME', name, data, ttl }
}

export function srv(
  name: string,
  target: string,
  port: number,
  { priority = 0, weight = 1, ttl = 0 }: { readonly priority?: number; readonly weight?: number; readonly ttl?: number } = {}
): Answer {
  return { type: 'SRV', name, ttl, data: { target, port, priority, weight } }
}

/** What a zone says about what it does not have. */
export function soa(name: string, { ttl = 0, minimum = 0 }: { readonly ttl?: number; readonly minimum?: number } = {}): Answer {
  return { type: 'SOA', name, ttl, data: { mname: `ns.${name}`, rname: `admin.${name}`, serial: 1, refresh: 1, retry: 1, expire: 1, minimum } }
}
