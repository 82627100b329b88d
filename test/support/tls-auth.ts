import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import { FakeClock, type PluginBench } from '../../src/plugin-api/testing.ts'
import { collect, type Answer } from './client.ts'
import type { Authority, IssuedCertificate } from './client-auth-certificates.ts'

/** What a plugin reads of a TLS connection. */
export type Connection = Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>

export const verified = ({ x509 }: Pick<IssuedCertificate, 'x509'>): Connection => ({ authorized: true, getPeerX509Certificate: () => x509 })

/** For `before` of the bench: the request has come over that connection. */
export function over(connection: () => Connection | null): (request: FastifyRequest) => void {
  return (request) => {
    const socket = connection()
    if (socket !== null) Object.defineProperty(request.raw, 'socket', { value: socket })
  }
}

/** Certificates of openssl are good from now on. */
export const clockOfToday = (): FakeClock => new FakeClock(0, Date.now())

/** Puts the bench behind TLS that asks for client certificates; gives a client that shows one, or none. */
export async function serveTls(t: Pick<Test, 'teardown'>, bench: PluginBench, authority: Authority, server: IssuedCertificate) {
  const listener = https.createServer({ ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    bench.app.routing(request, response)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => {
    listener.closeAllConnections()
    listener.close()
  })
  const { port } = listener.address() as AddressInfo
  return async (shown: Pick<IssuedCertificate, 'key' | 'cert'> | null, more: https.RequestOptions = {}): Promise<Answer> => {
    const request = https.request({ host: '127.0.0.1', port, ca: authority.cert, agent: false, ...shown, ...more })
    const answered = once(request, 'response')
    request.end()
    return collect((await answered)[0])
  }
}
