import fastify from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { test } from 'tap'
import { registerRedis } from '../../src/stores/redis/register.ts'
import { eventually } from '../support/client.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { connectTo, redisPlan } from '../support/redis-limits.ts'

void test('an app with @fastify/redis starts without Redis, and has it when it comes', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  await server.kill()
  const { client } = connectTo(t, redisPlan(server.port))

  const app = fastify()
  await registerRedis(app, client)
  await app.register(fastifyPlugin(async () => {}, { name: 'needs-redis', dependencies: ['@fastify/redis'], decorators: { fastify: ['redis'] } }))
  app.get('/', async () => app.redis.incr('hits'))
  await app.ready()
  t.equal((await app.inject('/')).statusCode, 500, 'while it is away a command fails at once')
  t.not(app.redis.status, 'ready', 'the client says how it is')

  await server.restart()
  await eventually(() => app.redis.status === 'ready', 2000)
  t.equal((await app.inject('/')).body, '1')

  // The next generation's app comes and goes beside it.
  const next = fastify()
  await registerRedis(next, client)
  await next.ready()
  await next.close()
  t.equal((await app.inject('/')).body, '2', 'an app that closes leaves the client open')
  await app.close()
})
