import { readFileSync } from 'node:fs'
import type { GatewayOptions } from '../../src/gateway.ts'
import { createAuthority } from './authority.ts'
import { compilePlan, startGateway, type Teardown, type TestGateway } from './gateway.ts'

export interface Http2Gateway extends TestGateway {
  /** The whole document, to be changed and given to `reload`. */
  readonly document: string
  reload(document: string): Promise<string>
  /** The certificate of the authority that its own is from. */
  readonly ca: string
}

/**
 * A gateway whose listener speaks TLS, and so HTTP/2.
 * @param text A YAML document without `version`, `listeners`, `admin` and `shutdown`. @param listener More of the listener
 */
export async function startHttp2Gateway(t: Teardown, text: string, listener = '', options: Partial<GatewayOptions> = {}): Promise<Http2Gateway> {
  const authority = createAuthority(t)
  const { certFile, keyFile } = authority.issue('localhost', ['localhost'])
  const document = `version: 1
listeners: [{ address: "127.0.0.1:0", tls: { certificates: [{ certFile: "${certFile}", keyFile: "${keyFile}" }] }${listener} }]
admin: { address: "127.0.0.1:0" }
shutdown: { delay: 0s, drain: 2s }
${text}`
  const compile = (source: string) => compilePlan(source, {}, (path) => readFileSync(path, 'utf8'))
  const started = await startGateway(t, '', { ...options, plan: compile(document) })
  const reload = async (source: string): Promise<string> => (await started.gateway.reload(compile(source))).result
  return Object.assign(started, { document, reload, ca: authority.cert })
}
