import t from 'tap'
import { eventually } from '../support/client.ts'
import { startDnsServer } from '../support/dns-server.ts'
import { watchName } from './dns-fixtures.ts'

const openSockets = (): number => process.getActiveResourcesInfo().filter((name) => /^(UDP|TCPSocket)Wrap$/i.test(name)).length

for (const over of ['udp', 'tcp'] as const) {
  t.test(`a question over ${over} that nobody answers ends with the source, and nothing is told`, async (t) => {
    const server = await startDnsServer(t, (asked) => (asked.over === over ? [] : [{ truncated: true }]))
    // The server's own, once those of an earlier test are gone.
    await eventually(() => openSockets() === 1)
    const watched = watchName(t, { name: 'orders.test' }, { servers: [server.address] })
    await eventually(() => server.asked.filter((asked) => asked.over === over).length === 2)
    t.ok(openSockets() >= 3, 'one socket per family')
    watched.source.stop()
    await eventually(() => openSockets() === 1)
    t.strictSame([watched.answers, watched.failures], [[], []])
    watched.source.refresh()
    t.equal(openSockets(), 1, 'nothing begins after the end')
  })
}
