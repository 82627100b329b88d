import t from 'tap'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { eventually, send } from '../support/client.ts'
import { compilePlan, document, passThrough, startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'

t.test('a reload opens and closes listeners; requests of a closed one end', async (t) => {
  const origin = await startHeldOrigin(t)
  const { gateway, url } = await startGateway(t, passThrough(origin.url))
  const port = await freePort()
  const withListeners = (addresses: string[]) =>
    compilePlan(
      document(passThrough(origin.url)).replace('{ address: "127.0.0.1:0" }', addresses.map((address) => `{ address: "${address}" }`).join(', '))
    )

  t.equal((await gateway.reload(withListeners(['127.0.0.1:0', `127.0.0.1:${port}`]))).result, 'applied')
  const added = `http://127.0.0.1:${port}`
  const running = send(`${url}/old-door`)
  await origin.arrived(1)

  t.equal((await gateway.reload(withListeners([`127.0.0.1:${port}`]))).result, 'applied')
  await t.rejects(send(url), { code: 'ECONNREFUSED' }, 'the removed listener takes nobody any more')
  origin.release()
  t.equal((await running).text, '/old-door')
  t.equal((await send(`${added}/new-door`)).text, '/new-door')
  await eventually(() => gateway.generations === 1)
})

t.test('a listener that cannot be opened rejects the reload', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port: takenPort } = taken.address() as AddressInfo
  const free = await freePort()
  const origin = await startHeldOrigin(t)
  origin.release()
  const { gateway, url } = await startGateway(t, passThrough(origin.url))
  const keys = gateway.stateKeys

  const addresses = `{ address: "127.0.0.1:${free}" }, { address: "127.0.0.1:${takenPort}" }`
  const next = document(passThrough(origin.url).replaceAll('origin', 'other')).replace('{ address: "127.0.0.1:0" }', addresses)
  const status = await gateway.reload(compilePlan(next))
  t.equal(status.result, 'rejected')
  t.strictSame(status.problems, [`listeners[1].address: cannot listen on 127.0.0.1:${takenPort}: another program listens there (EADDRINUSE)`])
  t.same(gateway.stateKeys, keys)
  t.equal((await send(`${url}/still`)).text, '/still')
  await t.rejects(send(`http://127.0.0.1:${free}`), { code: 'ECONNREFUSED' }, 'the one that could be opened is closed again')
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
