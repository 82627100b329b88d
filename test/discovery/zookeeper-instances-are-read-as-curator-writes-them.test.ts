import t from 'tap'
import { parseNodes } from '../../src/discovery/zookeeper/parse.ts'
import { serviceInstance } from './zookeeper-kit.ts'

const parse = (texts: readonly string[], scheme: 'http' | 'https' = 'http') =>
  parseNodes(new Map(texts.map((text, index) => [`node-${index}`, text])), { service: 'orders', scheme })
const one = (more: object, scheme: 'http' | 'https' = 'http') => parse([serviceInstance(8001, more)], scheme).instances[0]

t.test('address and port', async (t) => {
  t.strictSame(one({}), { origin: 'http://127.0.0.1:8001', weight: 1, zone: null, tags: [] })
})

t.test('https uses the port for it, where there is one', async (t) => {
  t.equal(one({ sslPort: 8443 }, 'https')?.origin, 'https://127.0.0.1:8443')
  t.equal(one({ sslPort: null }, 'https')?.origin, 'https://127.0.0.1:8001')
  t.equal(one({ sslPort: 8443 })?.origin, 'http://127.0.0.1:8001')
  t.equal(one({ sslPort: 8443, payload: { metadata: { scheme: 'https' } } })?.origin, 'https://127.0.0.1:8443')
})

t.test('the rest is in the payload, or in its metadata', async (t) => {
  const attributes = { weight: 5, zone: 'north', tags: ['v2', 7] }
  t.match(one({ payload: attributes }), { weight: 5, zone: 'north', tags: ['v2'] })
  const spring = { '@class': 'org.springframework.cloud.zookeeper.discovery.ZookeeperInstance', id: 'orders:1', name: 'orders' }
  t.match(one({ payload: { ...spring, metadata: { weight: '3', zone: 'south', tags: 'v2, canary', instance_status: 'UP' } } }), {
    weight: 3,
    zone: 'south',
    tags: ['v2', 'canary']
  })
  t.match(one({ payload: 'text' }), { weight: 1 })
})

t.test('an instance that is not to be used is left out without a word', async (t) => {
  const answer = parse([
    serviceInstance(8001, { enabled: false }),
    serviceInstance(8002, { payload: { metadata: { instance_status: 'OUT_OF_SERVICE' } } }),
    serviceInstance(8003, { enabled: undefined })
  ])
  t.strictSame(
    answer.instances.map(({ origin }) => origin),
    ['http://127.0.0.1:8003']
  )
  t.strictSame(answer.skipped, [])
})

t.test('a node that holds something else is skipped by its name', async (t) => {
  const texts = ['', 'no JSON', '[]', serviceInstance(0), serviceInstance(8001, { address: null }), serviceInstance(8001)]
  const { instances, skipped } = parse(texts)
  t.equal(instances.length, 1)
  t.strictSame(
    skipped.map(({ entry }) => entry),
    ['node-0', 'node-1', 'node-2', 'node-3', 'node-4']
  )
})
