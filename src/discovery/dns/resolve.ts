import type { DnsClient } from './client.ts'
import { canonicalName, RCODE, type Message, type Question, type QuestionType, type ResourceRecord } from './message.ts'

/** What is known of one name and type. No records: the name, or records of this type, do not exist. */
export interface Resolved {
  readonly records: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
  /** How long that holds, aliases on the way included. */
  readonly ttlSeconds: number
}

/** Aliases from a name to its records; more than anybody needs. */
const MAX_ALIASES = 16

/**
 * Asks for the records of a name, through CNAME records as far as they lead.
 * @throws Error when no server answers, or the aliases have no end
 */
export async function resolveRecords(client: DnsClient, question: Question, signal: AbortSignal): Promise<Resolved> {
  const aliases = new Aliases(question)
  for (;;) {
    const start = aliases.target
    const message = await client.ask({ name: start, type: question.type }, signal)
    aliases.follow(message)
    const records = recordsOf(message.answers, aliases.target, question.type)
    if (records.length > 0) return { records, additionals: message.additionals, ttlSeconds: Math.min(aliases.ttlSeconds, smallestTtl(records)) }
    const soa = message.authorities.find((record) => record.type === 'SOA')
    // Of a chain that leads out of what the server knows, the rest is asked for. NXDOMAIN and SOA tell of its end, RFC 6604 and RFC 2308.
    const leadsOut = aliases.target !== start && message.rcode !== RCODE.nameError && soa === undefined
    if (!leadsOut) return { records: [], additionals: [], ttlSeconds: Math.min(aliases.ttlSeconds, negativeTtl(soa)) }
  }
}

class Aliases {
  readonly #question: Question
  readonly #seen = new Set<string>()
  #target: string
  #ttlSeconds = Infinity

  constructor(question: Question) {
    this.#question = question
    this.#target = canonicalName(question.name)
  }

  get target(): string {
    return this.#target
  }

  get ttlSeconds(): number {
    return this.#ttlSeconds
  }

  /** Goes as far as the answer leads. */
  follow({ answers }: Message): void {
    for (;;) {
      const alias = answers.find((record) => record.type === 'CNAME' && canonicalName(record.name) === this.#target)
      if (alias?.type !== 'CNAME') return
      this.#seen.add(this.#target)
      this.#target = canonicalName(alias.data)
      this.#ttlSeconds = Math.min(this.#ttlSeconds, ttlOf(alias))
      if (this.#seen.has(this.#target) || this.#seen.size > MAX_ALIASES) throw new Error(`the aliases of ${this.#question.name} have no end`)
    }
  }
}

export function recordsOf(records: readonly ResourceRecord[], name: string, type: QuestionType): readonly ResourceRecord[] {
  const wanted = canonicalName(name)
  return records.filter((record) => record.type === type && canonicalName(record.name) === wanted)
}

export function smallestTtl(records: readonly ResourceRecord[]): number {
  return Math.min(...records.map(ttlOf))
}

/** Beyond 31 bits it is 0, RFC 2181 section 8. */
function ttlOf(record: ResourceRecord): number {
  const ttl = record.type === 'OPT' ? 0 : (record.ttl ?? 0)
  return ttl > 0x7f_ff_ff_ff ? 0 : ttl
}

/** How long the absence of records holds, RFC 2308 section 5: nothing that says so, no time. */
function negativeTtl(soa: ResourceRecord | undefined): number {
  return soa?.type === 'SOA' ? Math.min(ttlOf(soa), soa.data.minimum ?? 0) : 0
}
