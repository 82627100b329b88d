// CPU per forwarded GET of the gateway and of a default @fastify/http-proxy, in one run: each contestant is a fresh process per round,
// the order alternates, and the figure to quote is the ratio. Usage: npm run bench:pair [-- --rounds 5 --requests 30000]
import autocannon from 'autocannon'
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '30000' },
    connections: { type: 'string', default: '64' },
    contestants: { type: 'string', default: 'sallyport,default-http-proxy,floor' }
  }
})
const rounds = Number(values.rounds)
const requests = Number(values.requests)
const connections = Number(values.connections)
const contestants = values.contestants.split(',')

interface Contestant {
  readonly process: ChildProcess
  readonly port: number
}

async function start(name: string, ...args: string[]): Promise<Contestant> {
  const child = fork(new URL(`contestants/${name}.ts`, import.meta.url), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' }
  })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${String(code)} before it listened`)
  })
  const [said] = (await Promise.race([once(child, 'message'), failed])) as [{ port: number }]
  failed.catch(() => {})
  return { process: child, port: said.port }
}

/** The contestant has a core for itself, the load and the origin share the other; without taskset the system decides. */
function pin(pid: number | undefined, core: number): void {
  spawnSync('taskset', ['-a', '-cp', String(core), String(pid)], { stdio: 'ignore' })
}

async function cpuMicros(contestant: Contestant): Promise<number> {
  contestant.process.send('cpu')
  const [said] = (await once(contestant.process, 'message')) as [{ cpu: NodeJS.CpuUsage }]
  return said.cpu.user + said.cpu.system
}

async function load(port: number, amount: number): Promise<void> {
  const result = await autocannon({ url: `http://127.0.0.1:${port}/api/products/p-1`, connections, amount, timeout: 20 })
  if (result.errors > 0 || result.non2xx > 0) throw new Error(`${result.errors} errors, ${result.non2xx} answers that are not 2xx`)
}

async function checkAnswer(name: string, port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/products/p-1`)
  const body = (await answer.json()) as { id?: string }
  if (answer.status !== 200 || body.id !== 'p-1') throw new Error(`${name} answers wrongly: ${answer.status}`)
}

async function measure(name: string, origin: string): Promise<number> {
  const contestant = await start(name, origin)
  pin(contestant.process.pid, 0)
  try {
    await checkAnswer(name, contestant.port)
    await load(contestant.port, Math.ceil(requests / 3))
    const before = await cpuMicros(contestant)
    await load(contestant.port, requests)
    return ((await cpuMicros(contestant)) - before) / requests
  } finally {
    contestant.process.disconnect()
    await once(contestant.process, 'exit')
  }
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN
}

const origin = await start('origin')
pin(process.pid, 1)
pin(origin.process.pid, 1)
const figures = new Map<string, number[]>(contestants.map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const name of round % 2 === 0 ? contestants : contestants.toReversed()) {
    figures.get(name)?.push(await measure(name, `http://127.0.0.1:${origin.port}`))
  }
}
origin.process.disconnect()

const reference = figures.get('default-http-proxy')
console.log(`CPU per forwarded GET, ${connections} connections, ${requests} requests, ${rounds} rounds`)
for (const [name, all] of figures) {
  const ratios = reference === undefined ? [] : all.map((figure, round) => figure / (reference[round] ?? Number.NaN))
  console.log(
    `${name.padEnd(20)} median ${median(all).toFixed(1)} µs  [${all.map((figure) => figure.toFixed(1)).join(' ')}]` +
      (ratios.length === 0 ? '' : `  of default: ${median(ratios).toFixed(2)}`)
  )
}
