import { once } from 'node:events'
import http2, { type SecureServerOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { Http2Request } from '../../src/http/http2-request.ts'
import { createAuthority } from '../support/authority.ts'
import { RawHttp2, type RawFields } from '../support/http2-raw.ts'

const POST: RawFields = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'a']
]

t.test('a message whose stream was reset does not look as if all of it had come', async (t) => {
  const { key, cert } = createAuthority(t).issue('localhost', ['localhost'])
  const server = http2.createSecureServer({ key, cert, Http2ServerRequest: Http2Request } as unknown as SecureServerOptions)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = await RawHttp2.open(t, (server.address() as AddressInfo).port)
  const request = async (): Promise<{ readonly request: Http2Request; readonly stream: number; readonly seen: string[] }> => {
    const arrived = once(server, 'request') as unknown as Promise<[Http2Request]>
    const stream = client.send(POST, true)
    const [request] = await arrived
    const seen: string[] = []
    for (const name of ['end', 'close'] as const) request.on(name, () => seen.push(name))
    return { request, stream, seen }
  }
  for (const [code, listens] of [
    [8, true],
    [8, false],
    [0, false]
  ] as const) {
    const { request: cut, stream, seen } = await request()
    if (listens) cut.on('error', (error) => seen.push(error.message))
    client.data(stream, 'half', false)
    const [chunk] = (await once(cut, 'data')) as [Buffer]
    t.equal(chunk.toString(), 'half')
    client.reset(stream, code)
    // `once` would listen for errors.
    await new Promise((resolve) => cut.on('close', resolve))
    // Whatever Node has put off.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    t.notOk(seen.includes('end'), `code ${code}`)
    t.equal(seen.includes('aborted'), listens, 'whoever listens is told, as over HTTP/1')
    t.equal(cut.complete, false)
    cut.resume()
  }
  const { request: whole, stream } = await request()
  t.equal(whole.complete, false)
  client.data(stream, 'whole')
  await once(whole.resume(), 'end')
  t.equal(whole.complete, true)
})
