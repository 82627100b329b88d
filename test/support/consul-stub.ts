import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Teardown } from './gateway.ts'

export interface ConsulQuestion {
  readonly service: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Answers with a list of entries and an index. */
  answer(entries: unknown, index: number | string | null, status?: number): void
  /** Breaks the connection. */
  cut(): void
  readonly gone: boolean
}

export interface ConsulStub {
  readonly url: string
  /** Questions for services so far, answered or not. */
  readonly questions: readonly ConsulQuestion[]
  /** Questions for all checks so far. */
  readonly feeds: readonly ConsulQuestion[]
}

/** The health endpoint of an agent, answering what the test says: by `respond`, or later through the question. */
export async function startConsulStub(t: Teardown, respond: (question: ConsulQuestion) => void = () => {}): Promise<ConsulStub> {
  const questions: ConsulQuestion[] = []
  const feeds: ConsulQuestion[] = []
  const server = http.createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', 'http://consul')
    let gone = false
    response.once('close', () => {
      gone = true
    })
    const question: ConsulQuestion = {
      service: decodeURIComponent(url.pathname.slice('/v1/health/service/'.length)),
      query: url.searchParams,
      headers: request.headers,
      answer(entries, index, status = 200) {
        const text = typeof entries === 'string' ? entries : JSON.stringify(entries)
        response.writeHead(status, { 'content-type': 'application/json', ...(index === null ? {} : { 'x-consul-index': String(index) }) })
        response.end(text)
      },
      cut: () => request.socket.destroy(),
      get gone() {
        return gone
      }
    }
    if (url.pathname === '/v1/health/state/any') return void feeds.push(question)
    questions.push(question)
    respond(question)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, questions, feeds }
}

/** An entry of an answer, as Consul writes it. */
export function entry(port: number, service: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    Node: { Node: 'node-1', Address: '10.0.0.1', Meta: { zone: 'of-the-node' } },
    Service: {
      ID: `orders-${port}`,
      Service: 'orders',
      Tags: [],
      Address: '127.0.0.1',
      Meta: null,
      Port: port,
      Weights: { Passing: 1, Warning: 1 },
      ...service
    },
    Checks: [{ CheckID: 'serfHealth', Status: 'passing' }],
    ...more
  }
}
