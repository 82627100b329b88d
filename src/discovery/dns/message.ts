import { decode, encode, RECURSION_DESIRED, type Answer as ResourceRecord } from 'dns-packet'

export type { ResourceRecord }
export type QuestionType = 'A' | 'AAAA' | 'SRV'

export interface Question {
  readonly name: string
  readonly type: QuestionType
}

/** A question as it is sent. */
export interface Query {
  readonly bytes: Buffer
  /** The part of it that an answer repeats. */
  readonly question: Buffer
}

export interface Message {
  /** With the upper bits that EDNS adds, RFC 6891 section 6.1.3. */
  readonly rcode: number
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
}

export const RCODE = { noError: 0, formatError: 1, nameError: 3 } as const

const RCODE_NAMES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** Small enough not to be cut into fragments on the way, see the DNS flag day of 2020. */
const UDP_PAYLOAD_BYTES = 1232
const HEADER_BYTES = 12
const OPT = {
  name: '.',
  type: 'OPT',
  udpPayloadSize: UDP_PAYLOAD_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: []
} as const

export function rcodeName(rcode: number): string {
  return RCODE_NAMES[rcode] ?? `RCODE ${rcode}`
}

/** Names are equal without regard to case, RFC 1035 section 2.3.3. The root is the empty text. */
export function canonicalName(name: string): string {
  return name.replace(/\.$/, '').toLowerCase()
}

/** Whether a name can be asked for: labels of 1 to 63 bytes, 253 in all, RFC 1035 section 2.3.4. */
export function isName(name: string): boolean {
  const bare = name.replace(/\.$/, '')
  return Buffer.byteLength(bare) <= 253 && bare.split('.').every((label) => label !== '' && Buffer.byteLength(label) <= 63)
}

/**
 * @param id Integer from 0 to 65535.
 * @throws Error when the name is none
 */
export function encodeQuery({ name, type }: Question, id: number, { edns }: { readonly edns: boolean }): Query {
  if (!isName(name)) throw new Error(`${JSON.stringify(name)} is no name`)
  const questions = [{ name, type, class: 'IN' as const }]
  const head = { type: 'query' as const, id, flags: RECURSION_DESIRED, questions }
  const question = encode({ ...head }).subarray(HEADER_BYTES)
  return { question, bytes: encode({ ...head, additionals: edns ? [{ ...OPT, options: [] }] : [] }) }
}

/** Whether a packet answers this question and no other, RFC 5452 section 9.1. Its content may still be garbled. */
export function isAnswerTo(query: Query, bytes: Buffer): boolean {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(0) !== query.bytes.readUInt16BE(0)) return false
  const flags = bytes.readUInt16BE(2)
  // QR set, and the opcode of a query.
  if (flags >> 11 !== 0b1_0000) return false
  const questions = bytes.readUInt16BE(4)
  // Servers that could not read the question do not repeat it.
  if (questions === 0) return (flags & 0xf) !== RCODE.noError && (flags & 0xf) !== RCODE.nameError
  const repeated = bytes.subarray(HEADER_BYTES, HEADER_BYTES + query.question.length)
  return questions === 1 && lowerCase(repeated).equals(lowerCase(query.question))
}

/** Asked before the packet is read: one that is cut off may end within a record. */
export function isTruncated(bytes: Buffer): boolean {
  return (bytes.readUInt16BE(2) & 0x02_00) !== 0
}

/** @throws Error when the packet is not what it says it is */
export function readMessage(bytes: Buffer): Message {
  const packet = decodeWhole(bytes)
  const inClass = (records: readonly ResourceRecord[] = []) => records.filter((record) => record.type === 'OPT' || record.class === 'IN')
  const additionals = inClass(packet.additionals)
  const upper = additionals.find((record) => record.type === 'OPT')?.extendedRcode ?? 0
  return {
    rcode: (upper << 4) | (bytes.readUInt16BE(2) & 0xf),
    answers: inClass(packet.answers),
    authorities: inClass(packet.authorities),
    additionals
  }
}

function decodeWhole(bytes: Buffer) {
  try {
    const packet = decode(bytes)
    // Some records are read beyond the end without complaint.
    if (decode.bytes <= bytes.length) return packet
  } catch {
    // Said below.
  }
  throw new Error('the answer is garbled')
}

/** ASCII letters alone. The other bytes of a question, lengths and types, are none. */
function lowerCase(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)))
}
