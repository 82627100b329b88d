import net from 'node:net'
import tls from 'node:tls'
import { Client } from 'undici'
import type { HealthCheckPlan, TlsPlan } from '../config/plan.ts'
import { tlsOptions } from './tls-options.ts'

export interface ProbeTarget {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string
  readonly rule: HealthCheckPlan
  readonly tls: TlsPlan | null
}

/** Null when the endpoint is well, otherwise what is wrong with it, for the operator. */
export type ProbeResult = string | null

const MAX_BODY_BYTES = 64 * 1024

/** Checks an endpoint once, over a connection of its own: one that was left open proves nothing of new ones. Never rejects. @param signal Gives up. */
export async function probe(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  try {
    return target.rule.kind === 'tcp' ? await connectOnly(target, signal) : await ask(target, signal)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function ask({ origin, rule, tls: settings }: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  // The limits are those of the signal; the client's own must not be shorter.
  const client = new Client(origin, {
    allowH2: false,
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 0, ...tlsOptions(settings) }
  })
  try {
    const headers = { 'user-agent': 'sallyport-health-check', ...(rule.host === null ? {} : { host: rule.host }) }
    const answer = await client.request({ method: rule.method, path: rule.path, headers, signal })
    const { statusCode } = answer
    const isExpected = rule.statuses.some(([from, to]) => statusCode >= from && statusCode <= to)
    if (!isExpected || rule.bodyIncludes === null) {
      answer.body.on('error', () => {}).destroy()
      return isExpected ? null : `status ${statusCode}`
    }
    const text = await beginningOf(answer.body)
    return text.includes(rule.bodyIncludes) ? null : 'the body does not hold the expected text'
  } finally {
    await client.destroy()
  }
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= MAX_BODY_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString()
}

function connectOnly({ origin, tls: settings }: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const { protocol, hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isTls = protocol === 'https:'
  const number = Number(port === '' ? (isTls ? 443 : 80) : port)
  return new Promise((resolve) => {
    const socket = isTls ? tls.connect({ host, port: number, servername: host, ...tlsOptions(settings) }) : net.connect(number, host)
    const end = (result: ProbeResult): void => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(result)
    }
    const onAbort = (): void => end('no connection in time')
    signal.addEventListener('abort', onAbort)
    socket.once(isTls ? 'secureConnect' : 'connect', () => end(null)).once('error', (error: Error) => end(error.message))
    if (signal.aborted) onAbort()
  })
}
