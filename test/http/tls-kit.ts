import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { Gateway } from '../../src/gateway.ts'
import { compilePlan, startGateway, type Teardown, type TestGateway } from '../support/gateway.ts'
import type { Issued } from '../support/authority.ts'

const readFile = (path: string): string => readFileSync(path, 'utf8')

/** A document with one TLS listener before an upstream. */
export function tlsDocument(upstream: string, certificates: readonly Issued[], more = ''): string {
  const list = certificates.map(({ certFile, keyFile }) => `{ certFile: "${certFile}", keyFile: "${keyFile}" }`).join(', ')
  return `version: 1
listeners: [{ address: "127.0.0.1:0", tls: { certificates: [${list}]${more} } }]
admin: { address: "127.0.0.1:0" }
shutdown: { delay: 0s, drain: 2s }
upstreams: { origin: { endpoints: ["${upstream}"] } }
routes: [{ name: all, match: { path: "/*" }, upstream: origin }]`
}

export async function startTls(t: Teardown, document: string): Promise<TestGateway> {
  return startGateway(t, '', { plan: compilePlan(document, {}, readFile) })
}

export async function reload(gateway: Gateway, document: string): Promise<string> {
  return (await gateway.reload(compilePlan(document, {}, readFile))).result
}

export interface TlsAnswer {
  readonly status: number
  readonly text: string
  /** Common name of the certificate that the listener showed. */
  readonly shown: string
  readonly protocol: string | null
}

/** One request over a connection of its own. @throws Error when there is no answer */
export async function get(port: number, options: https.RequestOptions = {}): Promise<TlsAnswer> {
  const request = https.get({ host: '127.0.0.1', port, path: '/', agent: false, servername: 'localhost', ...options })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const socket = response.socket as TLSSocket
  const shown = String(socket.getPeerCertificate().subject?.CN)
  const protocol = socket.getProtocol()
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, text, shown, protocol }
}
