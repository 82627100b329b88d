import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { Clock } from '../plugin-api/index.ts'
import { cutOutput, MAX_OUTPUT_BYTES } from './output.ts'
import type { HttpProbe, Status, TcpProbe } from './types.ts'

export interface Finding {
  readonly status: Status
  readonly output: string
}

/** Checks once; whatever goes wrong is a finding. Redirects are not followed, which Consul does. */
export async function probeOnce(probe: HttpProbe | TcpProbe, clock: Clock, outer: AbortSignal): Promise<Finding> {
  const abort = new AbortController()
  const end = (): void => abort.abort()
  const cancel = clock.after(probe.timeoutMs, end)
  outer.addEventListener('abort', end, { once: true })
  try {
    return await (probe.type === 'http' ? probeHttp(probe, abort.signal) : probeTcp(probe, abort.signal))
  } catch (error) {
    const reason = abort.signal.aborted ? `no answer within ${probe.timeoutMs} ms` : reasonOf(error)
    return { status: 'critical', output: cutOutput(`${probe.type === 'http' ? `${probe.method} ${probe.url}` : `dial ${probe.address}`}: ${reason}`) }
  } finally {
    cancel()
    outer.removeEventListener('abort', end)
    abort.abort()
  }
}

async function probeHttp(probe: HttpProbe, signal: AbortSignal): Promise<Finding> {
  const url = new URL(probe.url)
  const { request: send } = url.protocol === 'https:' ? https : http
  const request = send(url, {
    method: probe.method,
    headers: {
      'user-agent': 'Consul Health Check',
      accept: 'text/plain, text/*, */*',
      ...Object.fromEntries(Object.entries(probe.headers).map(([name, values]) => [name, [...values]])),
      ...(probe.body === '' ? {} : { 'content-length': Buffer.byteLength(probe.body) })
    },
    agent: false,
    rejectUnauthorized: probe.verifyTls,
    signal
  })
  // What comes after the end of the check is nobody's business, and must not end the registry.
  request.on('error', () => {})
  const answered = once(request, 'response', { signal }) as Promise<[IncomingMessage]>
  request.end(probe.body)
  const [response] = await answered
  const text = await bodyOf(response)
  const code = response.statusCode ?? 0
  const output = `HTTP ${probe.method} ${probe.url}: ${code} ${http.STATUS_CODES[code] ?? ''} Output: ${text}`
  return { status: statusOf(code), output: cutOutput(output) }
}

/** As much of it as is kept. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > MAX_OUTPUT_BYTES) break
  }
  return Buffer.concat(chunks).toString()
}

async function probeTcp({ address }: TcpProbe, signal: AbortSignal): Promise<Finding> {
  const [, ipv6, name, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? []
  if (port === undefined || Number(port) > 65_535) throw new Error('the address is not host:port')
  const socket = net.connect({ host: ipv6 ?? name ?? '', port: Number(port) })
  socket.on('error', () => {})
  try {
    await once(socket, 'connect', { signal })
  } finally {
    socket.destroy()
  }
  return { status: 'passing', output: `TCP connect ${address}: Success` }
}

/** https://www.consul.io/docs/discovery/checks: 2xx passes, 429 is a warning, the rest is a failure. */
function statusOf(code: number): Status {
  if (code >= 200 && code < 300) return 'passing'
  return code === 429 ? 'warning' : 'critical'
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Several addresses of one name were tried.
  const inner = error instanceof AggregateError ? (error.errors.at(-1) as unknown) : null
  return inner instanceof Error ? inner.message : error.message
}
