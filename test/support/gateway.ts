import { Writable } from 'node:stream'
import { builtinPlugins } from '../../plugins/index.ts'
import { compileText } from '../../src/config/compile-text.ts'
import { formatIssues } from '../../src/config/issue.ts'
import type { Plan } from '../../src/config/plan.ts'
import { Gateway, type GatewayOptions } from '../../src/gateway.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createLog } from '../../src/telemetry/log.ts'

/** The part of tap that the helpers need. */
export interface Teardown {
  teardown(run: () => unknown): void
}

export interface TestGateway {
  readonly gateway: Gateway
  readonly port: number
  readonly url: string
  readonly adminUrl: string
  /** Log lines so far, parsed. */
  readonly log: readonly Record<string, unknown>[]
}

function noFiles(): never {
  throw new Error('no files in this test')
}

/** Compiles a document as `check` does. @throws Error with every problem when it is not valid */
export function compilePlan(text: string, env: Record<string, string> = {}, readFile: (path: string) => string = noFiles): Plan {
  const compiled = compileText({ file: 'gateway.yaml', text, env, readFile, builtins: builtinPlugins })
  if (!compiled.ok) throw new Error(formatIssues(compiled.issues))
  return compiled.plan
}

/**
 * Starts a real gateway on free ports of 127.0.0.1 and stops it when the test ends.
 * @param text A YAML document without `version`, `listeners`, `admin` and `shutdown`, which are set here.
 */
export async function startGateway(
  t: Teardown,
  text: string,
  options: Partial<GatewayOptions> & { readonly readFile?: (path: string) => string } = {}
): Promise<TestGateway> {
  const lines: Record<string, unknown>[] = []
  const gateway = await Gateway.create({ plan: compilePlan(document(text), {}, options.readFile), log: memoryLog(lines), ...options })
  await gateway.listen()
  t.teardown(() => gateway.close())
  return {
    gateway,
    port: gateway.port(),
    url: `http://127.0.0.1:${gateway.port()}`,
    adminUrl: `http://127.0.0.1:${gateway.adminPort}`,
    log: lines
  }
}

/** Adds what every test's document has in common. */
export function document(text: string): string {
  return `version: 1
listeners: [{ address: "127.0.0.1:0" }]
admin: { address: "127.0.0.1:0" }
shutdown: { delay: 0s, drain: 2s }
${text}`
}

/** One route for everything to one endpoint, the smallest useful gateway. */
export function passThrough(originUrl: string, more = ''): string {
  return `upstreams: { origin: { endpoints: ["${originUrl}"], timeouts: { connect: 1s, response: 5s, idle: 5s } } }
routes:
  - name: all
    match: { path: /* }
    upstream: origin
${more}`
}

function memoryLog(lines: Record<string, unknown>[]) {
  return createLog(
    'debug',
    systemClock,
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line) as Record<string, unknown>)
        done()
      }
    })
  )
}
