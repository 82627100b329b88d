import dns from 'node:dns'
import { isIP } from 'node:net'
import { formatAddress, parseAddress } from '../../config/address.ts'
import type { DnsSettings } from '../../config/plan-discovery.ts'
import type { AddressPlan } from '../../config/plan.ts'
import type { ProviderDeps } from '../types.ts'
import { exchange } from './exchange.ts'
import { encodeQuery, RCODE, rcodeName, readMessage, type Message, type Question } from './message.ts'

const DNS_PORT = 53

/** Asks servers; follows nothing and remembers nothing but which server answered last. */
export interface DnsClient {
  /**
   * Tries the servers in turn until one answers, be it that the name does not exist.
   * @throws Error with what each of them did instead, or why the signal was aborted
   */
  ask(question: Question, signal: AbortSignal): Promise<Message>
}

export function createDnsClient(settings: DnsSettings, deps: ProviderDeps): DnsClient {
  return new Client(settings, deps)
}

class Client implements DnsClient {
  readonly #settings: DnsSettings
  readonly #deps: ProviderDeps
  #first = 0

  constructor(settings: DnsSettings, deps: ProviderDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  async ask(question: Question, signal: AbortSignal): Promise<Message> {
    // By way of the module: `setServers` puts another function in its place.
    const servers = (this.#settings.servers.length === 0 ? dns.getServers() : this.#settings.servers).map(serverAddress)
    if (servers.length === 0) throw new Error('there is no DNS server to ask')
    const order = servers.map((_, turn) => (this.#first + turn) % servers.length)
    const reasons: string[] = []
    for (const index of order) {
      const server = servers[index] as AddressPlan
      try {
        const message = await this.#askServer(server, question, signal)
        this.#first = index
        return message
      } catch (error) {
        if (signal.aborted) throw error
        reasons.push(`${formatAddress(server)}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    throw new Error(`${question.type} of ${question.name}: ${reasons.join('; ')}`)
  }

  async #askServer(server: AddressPlan, question: Question, signal: AbortSignal): Promise<Message> {
    const { timeoutMs } = this.#settings
    const limit = new AbortController()
    const cancel = this.#deps.clock.after(timeoutMs, () => limit.abort(new Error(`no answer within ${timeoutMs} ms`)))
    try {
      const either = AbortSignal.any([signal, limit.signal])
      const message = await this.#send(server, question, true, either)
      // What a server says that does not know EDNS, RFC 6891 section 7.
      return judge(message.rcode === RCODE.formatError ? await this.#send(server, question, false, either) : message)
    } finally {
      cancel()
    }
  }

  async #send(server: AddressPlan, question: Question, edns: boolean, signal: AbortSignal): Promise<Message> {
    const id = Number.parseInt(this.#deps.random.id().slice(-4), 16)
    return readMessage(await exchange(server, encodeQuery(question, id, { edns }), signal))
  }
}

/** @throws Error for what is no answer: the next server may know better */
function judge(message: Message): Message {
  const { rcode, answers, authorities } = message
  if (rcode !== RCODE.noError && rcode !== RCODE.nameError) throw new Error(rcodeName(rcode))
  const has = (type: string): boolean => authorities.some((record) => record.type === type)
  // Name servers without a SOA record are a referral and not the news that there are no records, RFC 2308 section 2.2.
  if (rcode === RCODE.noError && answers.length === 0 && has('NS') && !has('SOA')) throw new Error('it refers to other servers')
  return message
}

/** @throws Error when the text is neither `host:port` nor, as the system says it for port 53, an IP address */
function serverAddress(text: string): AddressPlan {
  if (isIP(text) !== 0) return { host: text, port: DNS_PORT }
  const parsed = parseAddress(text)
  if (!parsed.ok) throw new Error(`the DNS server ${JSON.stringify(text)} has no address: ${parsed.reason}`)
  return parsed.value
}
