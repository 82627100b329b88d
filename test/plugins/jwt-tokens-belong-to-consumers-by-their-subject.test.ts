import t from 'tap'
import { jwtBench } from '../support/jwks.ts'
import { SECRET, bearer, sign } from './tokens.ts'

const consumers = [
  { name: 'anyone-named-alice', groups: ['people'], subjects: [{ issuer: null, subject: 'alice' }], apiKeys: ['a secret'] },
  { name: 'alice-of-east', groups: ['east'], subjects: [{ issuer: 'east', subject: 'alice' }] },
  {
    name: 'service',
    groups: [],
    subjects: [
      { issuer: 'west', subject: 'svc' },
      { issuer: 'east', subject: 'svc-2' }
    ]
  },
  { name: 'bob', groups: ['admins'] }
]

t.test('a token belongs to the consumer that has its subject, and its issuer before any', async (t) => {
  const { inject } = await jwtBench(t, { secret: SECRET }, { consumers })
  const consumer = async (claims: object) => (await inject(bearer(sign(claims)))).json().gateway.consumer
  t.same(await consumer({ iss: 'east', groups: ['root'] }), { name: 'alice-of-east', groups: ['east'] }, 'with the groups of the document alone')
  t.same(await consumer({ iss: 'west' }), { name: 'anyone-named-alice', groups: ['people'] }, 'and nothing of its credentials')
  t.same(await consumer({}), { name: 'anyone-named-alice', groups: ['people'] })
  t.same(await consumer({ iss: 'west', sub: 'svc' }), { name: 'service', groups: [] })
  t.same(await consumer({ iss: 'east', sub: 'svc-2' }), { name: 'service', groups: [] })
})

t.test('a token that belongs to nobody is its subject, with the groups that it claims', async (t) => {
  const { inject } = await jwtBench(t, { secret: SECRET }, { consumers })
  const consumer = async (claims: object) => (await inject(bearer(sign(claims)))).json().gateway.consumer
  t.same(await consumer({ iss: 'east', sub: 'svc', groups: ['staff'] }), { name: 'svc', groups: ['staff'] })
  t.same(await consumer({ sub: 'carol' }), { name: 'carol', groups: [] })
  t.equal(await consumer({ sub: undefined }), null)
})

t.test('a remembered token belongs to whom the document says now', async (t) => {
  const state = new Map<string, unknown>()
  const token = sign({ iss: 'east' })
  const name = async (owners: typeof consumers) => {
    const { inject } = await jwtBench(t, { secret: SECRET }, { state, consumers: owners })
    return (await inject(bearer(token))).json().gateway.consumer.name
  }
  t.equal(await name(consumers), 'alice-of-east')
  t.equal(await name([]), 'alice')
  t.equal(await name(consumers.slice(0, 1)), 'anyone-named-alice')
})
