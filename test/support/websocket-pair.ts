import type { Socket } from 'node:net'
import { eventually } from './client.ts'
import { passThrough, startGateway, type Teardown, type TestGateway } from './gateway.ts'
import type { GatewayOptions } from '../../src/gateway.ts'
import { RawConnection } from './raw-client.ts'
import { accept, startUpgradeOrigin, UPGRADE } from './websocket.ts'

/** Both ends of one tunnel, as bare connections. */
export interface WebSocketPair {
  readonly gateway: TestGateway
  readonly client: RawConnection
  readonly upstream: RawConnection
}

export interface PairSource {
  readonly gateway: TestGateway
  readonly originUrl: string
  /** A further tunnel. */
  open(): Promise<WebSocketPair>
}

/** A gateway before an upstream that accepts every WebSocket and says nothing by itself. */
export async function startPairs(
  t: Teardown,
  document: (originUrl: string) => string = passThrough,
  options: Partial<GatewayOptions> | ((originUrl: string) => Partial<GatewayOptions>) = {}
): Promise<PairSource> {
  const accepted = new Map<string, RawConnection>()
  let opened = 0
  const origin = await startUpgradeOrigin(t, (request, socket, head) => {
    if (head.length > 0) socket.unshift(head)
    accepted.set(request.url ?? '', new RawConnection(socket as Socket))
    socket.write(accept(request))
  })
  const gateway = await startGateway(t, document(origin.url), typeof options === 'function' ? options(origin.url) : options)
  const open = async (): Promise<WebSocketPair> => {
    const path = `/pair-${++opened}`
    const client = await RawConnection.open(t, gateway.port)
    client.write(`${UPGRADE.replace('/chat', path)}\r\n`)
    const { status } = await client.response()
    if (status !== 101) throw new Error(`refused with ${status}`)
    return { gateway, client, upstream: accepted.get(path) as RawConnection }
  }
  return { gateway, originUrl: origin.url, open }
}

/** The access line of the only request so far, as soon as it is there. */
export async function accessLine({ log }: TestGateway): Promise<Record<string, unknown>> {
  const lines = () => log.filter((line) => line['msg'] === 'request')
  await eventually(() => lines().length > 0)
  if (lines().length !== 1) throw new Error(`${lines().length} access lines`)
  return lines()[0] as Record<string, unknown>
}
