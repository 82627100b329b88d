import { eventually } from './client.ts'
import type { Teardown } from './gateway.ts'
import { startRedis, type RedisServer } from './redis.ts'

const SLOTS = 16_384

/** A Redis Cluster of three primaries until the test ends, put together by hand. Resolves when every node knows the others. */
export async function startRedisCluster(t: Teardown): Promise<readonly RedisServer[]> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '15000']
  const nodes = await Promise.all([0, 1, 2].map(() => startRedis(t, settings)))
  for (const [index, { admin }] of nodes.entries()) {
    const from = Math.floor((SLOTS * index) / 3)
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', from, Math.floor((SLOTS * (index + 1)) / 3) - 1)
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
  }
  // Each with each: what they would tell each other takes seconds.
  for (const { admin } of nodes) {
    for (const { port } of nodes) await admin.call('CLUSTER', 'MEET', '127.0.0.1', port)
  }
  await eventually(async () => {
    const infos = await Promise.all(nodes.map(({ admin }) => admin.call('CLUSTER', 'INFO') as Promise<string>))
    return infos.every((info) => info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3'))
  }, 10_000)
  return nodes
}
