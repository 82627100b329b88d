import type { OutboundAnswer, OutboundHttp, OutboundRequest } from '../../src/plugin-api/index.ts'

export interface Service {
  readonly request: OutboundHttp['request']
  /** What it was asked, in order. */
  readonly asked: OutboundRequest[]
}

interface Said {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly setCookies?: readonly string[]
  readonly body?: string | object
}

/** A service that plugins ask, answering by `answer`; what that throws is an outage. */
export function serviceThat(answer: (request: OutboundRequest, count: number) => Said | Promise<Said>): Service {
  const asked: OutboundRequest[] = []
  return {
    asked,
    async request(request): Promise<OutboundAnswer> {
      asked.push(request)
      const { status = 200, headers = {}, setCookies = [], body = '' } = await answer(request, asked.length)
      return { status, headers, setCookies, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
    }
  }
}

/** An answer that is given when the test says so. */
export function held(): { readonly answer: Promise<Said>; give(said: Said): void } {
  const { promise, resolve } = Promise.withResolvers<Said>()
  return { answer: promise, give: resolve }
}
