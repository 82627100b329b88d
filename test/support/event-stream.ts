import type { ServerResponse } from 'node:http'
import type { GatewayOptions } from '../../src/gateway.ts'
import { eventually } from './client.ts'
import { passThrough, startGateway, type Teardown, type TestGateway } from './gateway.ts'
import { type Origin, startOrigin } from './origin.ts'
import { RawConnection } from './raw-client.ts'

export interface EventStream {
  readonly client: RawConnection
  /** Of the origin. */
  readonly response: ServerResponse
}

export interface EventSourceScene {
  readonly gateway: TestGateway
  readonly origin: Origin
  /** A further stream, its head already with the client. */
  open(): Promise<EventStream>
}

/** A gateway before an origin that begins an event stream for every request and says nothing by itself. */
export async function startEventStreams(
  t: Teardown,
  options: Partial<GatewayOptions> = {},
  { headers = {}, timeouts = 'idle: 5s' }: { readonly headers?: Readonly<Record<string, string>>; readonly timeouts?: string } = {}
): Promise<EventSourceScene> {
  const responses = new Map<string, ServerResponse>()
  let opened = 0
  const origin = await startOrigin(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    response.flushHeaders()
    responses.set(request.url ?? '', response)
  })
  const gateway = await startGateway(t, passThrough(origin.url).replace('idle: 5s', timeouts), options)
  const open = async (): Promise<EventStream> => {
    const path = `/events-${++opened}`
    const client = await RawConnection.open(t, gateway.port)
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n`)
    await client.head()
    await eventually(() => responses.has(path))
    return { client, response: responses.get(path) as ServerResponse }
  }
  return { gateway, origin, open }
}

/** A piece of a chunked body as it goes over the wire. */
export function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}

/** The end of a chunked body. */
export const LAST_CHUNK = '0\r\n\r\n'
