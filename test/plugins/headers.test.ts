import t from 'tap'
import headers from '../../plugins/headers/index.ts'
import { checkPlugin, testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

async function bench(t: { teardown(run: () => Promise<void>): void }, config: object, options?: TestPluginOptions) {
  const made = await testPlugin(headers, config, options)
  t.teardown(made.close)
  return made
}

t.test('the request goes upstream with its fields removed, set and added', async (t) => {
  const { inject } = await bench(t, { request: { set: { 'X-A': 'new' }, add: { 'x-b': 'two' }, remove: ['X-C'] } })
  const sent = (await inject({ headers: { 'x-a': 'old', 'x-b': 'one', 'x-c': 'gone' } })).json().headers
  t.match(sent, { 'x-a': 'new', 'x-b': 'one, two' })
  t.notOk('x-c' in sent)
})

t.test('the answer reaches the client with its fields removed, set and added', async (t) => {
  const { inject } = await bench(
    t,
    { response: { set: { 'x-a': 'new' }, add: { 'x-b': 'two' }, remove: ['server'] } },
    { answer: { headers: { 'x-a': 'old', 'x-b': 'one', server: 'secret/1.0' } } }
  )
  const answer = await inject('/')
  t.match(answer.headers, { 'x-a': 'new', 'x-b': ['one', 'two'] })
  t.notOk('server' in answer.headers)
})

t.test('every placeholder has its value', async (t) => {
  const { inject } = await bench(
    t,
    {
      request: {
        set: {
          'x-id': '{request.id}',
          'x-ip': 'for={client.ip};host={host}',
          'x-who': '{consumer.name}/{claim.sub}',
          'x-deep': '{claim.a.b}',
          'x-groups': '{claim.groups}',
          'x-param': '{param.id}',
          'x-route': '{route.name}',
          'x-brace': '{{literal} }'
        }
      }
    },
    {
      route: { name: 'orders', params: { id: 'a%2Fb' } },
      before({ gateway }) {
        gateway.consumer = { name: 'alice', groups: [] }
        gateway.claims = { sub: 'a1', a: { b: true }, groups: ['x', 'y'] }
      }
    }
  )
  const { headers: sent, gateway } = (await inject({ url: '/', headers: { host: 'API.shop.example:8080' } })).json()
  t.match(sent, {
    'x-id': gateway.id,
    'x-ip': 'for=192.0.2.7;host=api.shop.example',
    'x-who': 'alice/a1',
    'x-deep': 'true',
    'x-groups': 'x,y',
    'x-param': 'a%2Fb',
    'x-route': 'orders',
    'x-brace': '{literal} }'
  })
})

t.test('what a request does not have is empty', async (t) => {
  const { inject } = await bench(t, {
    request: { set: { 'x-who': 'u:{consumer.name}', 'x-claim': '{claim.sub}', 'x-proto': '{claim.constructor}{claim.__proto__.x}' } }
  })
  t.match((await inject('/')).json().headers, { 'x-who': 'u:', 'x-claim': '', 'x-proto': '' })
})

t.test('a value from a request cannot break out of its field', async (t) => {
  const before: TestPluginOptions['before'] = ({ gateway }) => {
    gateway.claims = { sub: 'a\r\nx-role: root\u0000', nested: '{request.id}' }
  }
  const config = { set: { 'x-who': '{claim.sub}', 'x-mixed': 'by {claim.sub}!', 'x-nested': '{claim.nested}' } }
  const { inject } = await bench(t, { request: config, response: config }, { before })
  const answer = await inject('/')
  for (const fields of [answer.json().headers, answer.headers]) {
    t.match(fields, { 'x-who': 'a??x-role: root?', 'x-mixed': 'by a??x-role: root?!', 'x-nested': '{request.id}' })
    t.notOk('x-role' in fields)
  }
})

t.test('unknown placeholders are errors at their place', async (t) => {
  const errors = (value: string) => checkPlugin(headers, { response: { set: { 'x-a': value } } }, { route: { params: { id: '1' } } })
  for (const value of ['{nope}', '{request.ID}', '{claim.}', '{claim}', '{param.}', '{}', '{toString}', '{request.id', '{param.other}']) {
    t.match(errors(value), [{ severity: 'error', path: ['response', 'set', 'x-a'] }], value)
  }
  for (const value of ['', 'plain', '{param.id}', '{{nope}', '}', '{claim.https://x.example/y}']) t.same(errors(value), [], value)
})

t.test('where there is no route, a parameter is a warning', async (t) => {
  const config = { request: { set: { 'x-a': '{param.id}' }, add: {}, remove: [] }, response: { set: {}, add: {}, remove: [] } }
  t.match(headers.check?.(config, { route: null, providers: new Map(), consumers: [], hasRedis: false }), [{ severity: 'warning' }])
})

t.test('the fields of framing, connection and routing are not for configuration', async (t) => {
  const at = (edits: object) => checkPlugin(headers, { request: edits }).map(({ severity, path }) => `${severity} ${path.join('.')}`)
  for (const name of ['Content-Length', 'transfer-encoding', 'Connection', 'host', 'TE', 'upgrade', 'keep-alive', 'trailer', 'bad name', '']) {
    t.same(at({ set: { [name]: 'x' } }), [`error request.set.${name}`])
    t.same(at({ add: { [name]: 'x' } }), [`error request.add.${name}`])
    t.same(at({ remove: [name] }), ['error request.remove.0'])
  }
})

t.test('a line break in the document is an error', async (t) => {
  t.match(checkPlugin(headers, { request: { set: { 'x-a': 'one\r\nx-b: two' } } }), [{ severity: 'error', path: ['request', 'set', 'x-a'] }])
  t.match(checkPlugin(headers, { request: { set: { 'x-a': '✓' } } }), [{ severity: 'error' }])
})
