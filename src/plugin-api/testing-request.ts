import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TestPluginOptions } from './testing.ts'
import type { GatewayRequest, ResponseHead } from './types.ts'

/** Field lines by lower-case name. */
export type FieldMap = Map<string, string[]>

const SENT = Symbol('sent headers')

export interface TestRequest extends GatewayRequest {
  readonly [SENT]: true
  /** The request's fields with the plugin's changes, as the upstream gets them; repeated ones joined by `, `. */
  sentHeaders(): Record<string, string>
  /** Its answer is out, or its client gone. */
  complete(): void
}

export function isTestRequest(gateway: GatewayRequest): gateway is TestRequest {
  return SENT in gateway
}

export function createTestRequest(request: FastifyRequest, options: TestPluginOptions, id: string): TestRequest {
  const fields: FieldMap = new Map()
  for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) fields.set(name, [value].flat())
  const [path = '/', query = ''] = request.originalUrl.split('?', 2)
  const atEnd: (() => void)[] = []
  let completed = false
  return {
    [SENT]: true,
    id,
    route: { name: options.route?.name ?? 'test', upstream: options.route?.upstream ?? 'echo' },
    path,
    query,
    rawTarget: request.originalUrl,
    authority: request.headers.host ?? '',
    host: (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase(),
    scheme: 'http',
    clientIp: options.clientIp ?? '192.0.2.7',
    params: options.route?.params ?? {},
    consumer: null,
    claims: null,
    setRequestHeader(name, value) {
      fields.set(name.toLowerCase(), [value])
    },
    addRequestHeader(name, value) {
      fields.set(name.toLowerCase(), [...(fields.get(name.toLowerCase()) ?? []), value])
    },
    // An inject has no body that could be counted on its way.
    limitBody() {},
    onComplete(run) {
      if (completed) run()
      else atEnd.push(run)
    },
    complete() {
      completed = true
      for (const run of atEnd.splice(0)) run()
    },
    removeRequestHeader(name) {
      fields.delete(name.toLowerCase())
    },
    sentHeaders: () => Object.fromEntries([...fields].map(([name, values]) => [name, values.join(', ')]))
  }
}

export function headOf(fields: FieldMap, status: number): ResponseHead {
  return {
    status,
    get: (name) => fields.get(name.toLowerCase())?.join(', '),
    set: (name, value) => {
      fields.set(name.toLowerCase(), [value])
    },
    add: (name, value) => {
      fields.set(name.toLowerCase(), [...(fields.get(name.toLowerCase()) ?? []), value])
    },
    remove: (name) => {
      fields.delete(name.toLowerCase())
    }
  }
}

export function headOfReply(reply: FastifyReply): ResponseHead {
  const read = (name: string): string | undefined => {
    const value = reply.getHeader(name)
    return value === undefined ? undefined : [value].flat().join(', ')
  }
  return {
    status: reply.statusCode,
    get: read,
    set: (name, value) => {
      reply.removeHeader(name).header(name, value)
    },
    add: (name, value) => {
      const before = reply.getHeader(name)
      reply.removeHeader(name).header(name, before === undefined ? value : [before, value].flat().map(String))
    },
    remove: (name) => {
      reply.removeHeader(name)
    }
  }
}
