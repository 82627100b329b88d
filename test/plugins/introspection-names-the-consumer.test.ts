import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { serviceThat } from '../support/outbound.ts'

const config = { url: 'https://id.example/introspect', bearer: 'gateway-token' }
const consumers = [
  { name: 'anywhere', groups: ['a'], subjects: [{ issuer: null, subject: 's1' }] },
  { name: 'shop', groups: ['partners'], subjects: [{ issuer: 'https://id.example', subject: 's1' }] },
  { name: 'bank', subjects: [{ issuer: 'https://id.bank.example', subject: 's2' }] }
]

t.test('the consumer is the one that has the subject, else whoever the answer names', async (t) => {
  const cases: [claims: object, consumer: object | null][] = [
    [
      { sub: 's1', iss: 'https://id.example', groups: ['ignored'] },
      { name: 'shop', groups: ['partners'] }
    ],
    [
      { sub: 's1', iss: 'https://other.example' },
      { name: 'anywhere', groups: ['a'] }
    ],
    [{ sub: 's1' }, { name: 'anywhere', groups: ['a'] }],
    [
      { sub: 's2', iss: 'https://id.bank.example' },
      { name: 'bank', groups: [] }
    ],
    [
      { sub: 's2', iss: 'https://id.example' },
      { name: 's2', groups: [] }
    ],
    [
      { sub: 'u1', username: 'alice', client_id: 'app', groups: ['staff'] },
      { name: 'u1', groups: ['staff'] }
    ],
    [
      { sub: '', username: 'alice', client_id: 'app', groups: 'staff' },
      { name: 'alice', groups: [] }
    ],
    [
      { sub: 7, client_id: 'app', groups: ['x', 1] },
      { name: 'app', groups: [] }
    ],
    [{ scope: 'read' }, null]
  ]
  for (const [claims, consumer] of cases) {
    const bench = await testPlugin(introspection, config, { consumers, http: serviceThat(() => ({ body: { active: true, ...claims } })).request })
    t.teardown(bench.close)
    const answer = await bench.inject({ headers: { authorization: 'Bearer abc' } })
    t.equal(answer.statusCode, 200)
    t.same(answer.json().gateway.consumer, consumer, JSON.stringify(claims))
  }
})
