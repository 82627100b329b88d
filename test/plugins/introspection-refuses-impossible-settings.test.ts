import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { checkPlugin } from '../../src/plugin-api/testing.ts'

const base = { url: 'https://id.example/introspect', bearer: 'b' }
const issuesOf = (config: object, severity = 'error') =>
  checkPlugin(introspection, config)
    .filter((issue) => issue.severity === severity)
    .map(({ path }) => path.join('.'))

t.test('exactly one kind of credentials must be given', async (t) => {
  const { url } = base
  t.same(issuesOf({ url, bearer: 'b' }), [])
  t.same(issuesOf({ url, clientId: 'c', clientSecret: 's' }), [])
  t.same(issuesOf({ url }), [''])
  t.same(issuesOf({ url, clientId: 'c' }), [''])
  t.same(issuesOf({ url, bearer: 'b', clientSecret: 's' }), [''])
  t.same(issuesOf({ url, bearer: 'b', clientId: 'c', clientSecret: 's' }), ['bearer'])
})

t.test('the url must be one of http, and without TLS it is a warning', async (t) => {
  for (const url of ['ftp://id.example', 'id.example', 'https://u:p@id.example', 'https://[::1']) t.same(issuesOf({ ...base, url }), ['url'], url)
  t.same(issuesOf({ ...base, url: 'http://id.example' }, 'warning'), ['url'])
  for (const url of ['https://id.example', 'http://127.0.0.1:9000/x', 'http://localhost', 'http://[::1]:1']) {
    t.same(issuesOf({ ...base, url }, 'warning'), [], url)
  }
})

t.test('limits of time have limits', async (t) => {
  t.same(issuesOf({ ...base, timeout: '0s' }), ['timeout'])
  t.same(issuesOf({ ...base, cache: '2d', negativeCache: '25h', leeway: '2d' }), ['cache', 'negativeCache', 'leeway'])
})
