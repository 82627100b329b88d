import { fastifyRedis } from '@fastify/redis'
import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Cluster, Redis } from 'ioredis'

/**
 * Gives an app `app.redis`, by @fastify/redis, so that plugins that depend on it find it. The client stays the caller's: the app neither connects
 * nor closes it.
 *
 * @fastify/redis holds the start of the app until a client is ready, even one that it was handed. While it looks, this one says that it is: the
 * gateway starts without Redis.
 */
export async function registerRedis(app: FastifyInstance, client: Redis | Cluster): Promise<void> {
  let isStarting = true
  const shown = new Proxy(client, {
    get(target, name, receiver) {
      return isStarting && name === 'status' ? 'ready' : (Reflect.get(target, name, receiver) as unknown)
    }
  })
  await app.register(
    fastifyPlugin(
      (instance: FastifyInstance, _options: object, done: (error?: Error) => void) => fastifyRedis(instance, { client: shown as Redis }, done),
      { name: '@fastify/redis', fastify: '5.x' }
    )
  )
  isStarting = false
}
