import { Agent } from 'undici'
import type { Clock, OutboundAnswer, OutboundHttp, OutboundRequest } from '../plugin-api/index.ts'

const DEFAULT_TIMEOUT_MS = 5000
const DEFAULT_MAX_BYTES = 1024 * 1024

/** For plugins that ask somebody: key sets, introspection, decisions. Certificates are verified, redirects are not followed. */
export function createOutboundHttp(clock: Clock): OutboundHttp & { close(): Promise<void> } {
  const agent = new Agent({ allowH2: false, pipelining: 1, connect: { timeout: DEFAULT_TIMEOUT_MS }, headersTimeout: 0, bodyTimeout: 0 })
  return {
    request: (request) => send(agent, clock, request),
    close: () => agent.destroy()
  }
}

async function send(agent: Agent, clock: Clock, request: OutboundRequest): Promise<OutboundAnswer> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxBytes = DEFAULT_MAX_BYTES } = request
  const url = new URL(request.url)
  const limit = new AbortController()
  const cancel = clock.after(timeoutMs, () => limit.abort(new Error(`no answer within ${timeoutMs} ms`)))
  const signal = request.signal === undefined ? limit.signal : AbortSignal.any([limit.signal, request.signal])
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method ?? 'GET',
      headers: { ...request.headers },
      body: request.body ?? null,
      signal
    })
    const body = await readBody(answer.body, maxBytes)
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')])
    )
    return { status: answer.statusCode, headers, setCookies: [answer.headers['set-cookie'] ?? []].flat(), body }
  } catch (error) {
    const reason: unknown = limit.signal.aborted ? limit.signal.reason : error
    throw new Error(`${url.origin}: ${reason instanceof Error ? reason.message : String(reason)}`, { cause: error })
  } finally {
    cancel()
  }
}

async function readBody(body: AsyncIterable<unknown> & { destroy(): void }, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += (chunk as Buffer).length
    if (size > maxBytes) {
      body.destroy()
      throw new Error(`the answer is larger than ${maxBytes} bytes`)
    }
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
