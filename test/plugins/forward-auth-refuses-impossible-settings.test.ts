import t from 'tap'
import forwardAuth from '../../plugins/forward-auth/index.ts'
import { checkPlugin } from '../../src/plugin-api/testing.ts'

const url = 'https://auth.example/check'
const pathsOf = (config: object, severity = 'error') =>
  checkPlugin(forwardAuth, config)
    .filter((issue) => issue.severity === severity)
    .map(({ path }) => path.join('.'))

t.test('the url must be one of http, without credentials', async (t) => {
  t.same(pathsOf({ url }), [])
  t.same(pathsOf({ url: 'http://127.0.0.1:9000' }), [])
  for (const bad of ['ftp://auth.example', 'auth.example', 'https://user:pass@auth.example/', 'https://', 'https://a b/', 'https://a/#b']) {
    t.same(pathsOf({ url: bad }), ['url'], bad)
  }
  t.same(pathsOf({ url: 'https://[::1' }), ['url'])
})

t.test('fields that belong to a connection, or are for the gateway to say, cannot be copied', async (t) => {
  const names = ['Host', 'content-length', 'Transfer-Encoding', 'connection', 'X-Forwarded-For', 'x-consumer-name', 'proxy-authorization']
  t.same(
    pathsOf({ url, responseHeaders: ['x-user-id', ...names] }),
    names.map((_, index) => `responseHeaders.${index + 1}`)
  )
  t.same(
    pathsOf({ url, requestHeaders: ['authorization', ...names] }),
    names.map((_, index) => `requestHeaders.${index + 1}`)
  )
  t.same(pathsOf({ url, responseHeaders: ['x y'] }), ['responseHeaders.0'])
})

t.test('limits of time have limits', async (t) => {
  t.same(pathsOf({ url, timeout: '0s' }), ['timeout'])
  t.same(pathsOf({ url, cache: '2d' }), ['cache'])
  t.same(pathsOf({ url, cacheByCredentialsOnly: true, cache: '1s', requestHeaders: [] }), ['cacheByCredentialsOnly'])
  t.same(pathsOf({ url, cacheByCredentialsOnly: true }, 'warning'), ['cacheByCredentialsOnly'])
  t.same(pathsOf({ url, cacheByCredentialsOnly: true, cache: '1s' }, 'warning'), [])
})
