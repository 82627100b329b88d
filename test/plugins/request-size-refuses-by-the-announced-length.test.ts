import t from 'tap'
import requestSize from '../../plugins/request-size/index.ts'
import { checkPlugin, testPlugin } from '../../src/plugin-api/testing.ts'

const REFUSED = 'request_size_refused_total{route="test"}'

t.test('a longer Content-Length is refused before the body is read', async (t) => {
  const bench = await testPlugin(requestSize, { max: '1KiB' })
  t.teardown(bench.close)
  const answer = await bench.inject({ method: 'POST', headers: { 'content-length': '1025' } })
  t.equal(answer.statusCode, 413)
  t.equal(answer.json().code, 'SP_BODY_TOO_LARGE')
  t.match(answer.json().detail, '1024')
  t.equal(bench.counters.get(REFUSED), 1)
})

t.test('a body up to the limit, and none at all, pass', async (t) => {
  const bench = await testPlugin(requestSize, { max: '1KiB' })
  t.teardown(bench.close)
  t.equal((await bench.inject({ method: 'POST', payload: 'x'.repeat(1024) })).statusCode, 200)
  t.equal((await bench.inject({ method: 'POST', headers: { 'content-length': '0' } })).statusCode, 200)
  t.equal((await bench.inject('/')).statusCode, 200)
  t.equal(bench.counters.get(REFUSED), 0)
})

t.test('the default is one mebibyte', async (t) => {
  const bench = await testPlugin(requestSize)
  t.teardown(bench.close)
  t.equal((await bench.inject({ method: 'POST', headers: { 'content-length': '1048576' } })).statusCode, 200)
  t.equal((await bench.inject({ method: 'POST', headers: { 'content-length': '1048577' } })).statusCode, 413)
})

t.test('a limit of nothing allows no body', async (t) => {
  const bench = await testPlugin(requestSize, { max: '0B' })
  t.teardown(bench.close)
  t.equal((await bench.inject({ method: 'POST', payload: 'x' })).statusCode, 413)
  t.equal((await bench.inject('/')).statusCode, 200)
})

t.test('what is no size is an error', async (t) => {
  for (const max of ['1', '1 MiB', '-1B', 'much']) t.same(checkPlugin(requestSize, { max })[0]?.path, ['max'], max)
})
