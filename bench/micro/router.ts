/**
 * The router next to find-my-way, in nanoseconds per match: `node bench/micro/router.ts`.
 *
 * find-my-way is asked with `find`, without headers and handlers; for hosts it gets its own host constraint. Both are asked
 * whether they find the right route before they are timed. The rounds alternate, and the median of the rounds is printed.
 */
import FindMyWay from 'find-my-way'
import { compileRouter } from '../../src/routing/router.ts'
import type { RouteFacts, RouteMatch } from '../../src/routing/types.ts'

const rounds = 9
const perRound = 400_000

interface Case {
  readonly label: string
  readonly host: string
  readonly path: string
}

const cases: readonly Case[] = [
  { label: 'exact', host: 'shop.example', path: '/api/service-7/orders' },
  { label: 'param', host: 'shop.example', path: '/api/service-7/users/4711' },
  { label: 'wildcard', host: 'shop.example', path: '/api/service-7/files/2026/11/report.pdf' },
  { label: 'upper-case param', host: 'shop.example', path: '/api/service-7/users/AB-4711' }
]

const hostCase: Case = { label: 'host wildcard', host: 'tenant.h7.example', path: '/api/service-7/users/4711' }

function patterns(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const service = `/api/service-${Math.floor(index / 3)}`
    return [`${service}/orders`, `${service}/users/:id`, `${service}/files/*`][index % 3] ?? ''
  })
}

function routesOf(count: number, withHosts: boolean): readonly RouteMatch[] {
  return patterns(count).map((pattern, id) => ({
    id,
    name: `r${id}`,
    hosts: withHosts ? [`*.h${Math.floor(id / 3)}.example`] : [],
    path: { kind: 'pattern', pattern },
    methods: ['GET'],
    headers: [],
    query: [],
    priority: 0
  }))
}

type Finder = () => unknown

function ours(routes: readonly RouteMatch[], { host, path }: Case): Finder {
  const router = compileRouter(routes)
  const facts: RouteFacts = { host, method: 'GET', path, query: '', header: () => undefined }
  if (router.match(facts).kind !== 'route') throw new Error(`the router does not find ${path}`)
  return () => router.match(facts)
}

function theirs(routes: readonly RouteMatch[], { host, path }: Case): Finder {
  const router = FindMyWay()
  const hosted = routes.some((route) => route.hosts.length > 0)
  for (const route of routes) {
    if (route.path.kind !== 'pattern') continue
    const [pattern] = route.hosts
    const constraints = pattern === undefined ? {} : { host: new RegExp(`^.+${pattern.slice(1).replaceAll('.', '\\.')}$`) }
    router.on('GET', route.path.pattern, { constraints }, () => {})
  }
  const constraints = hosted ? { host } : {}
  if (router.find('GET', path, constraints) === null) throw new Error(`find-my-way does not find ${path}`)
  return () => router.find('GET', path, constraints)
}

function nanosecondsPerCall(find: Finder, calls: number): number {
  const start = process.hrtime.bigint()
  for (let i = 0; i < calls; i++) find()
  return Number(process.hrtime.bigint() - start) / calls
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function measure(routes: readonly RouteMatch[], item: Case, calls: number): readonly [number, number] {
  const contestants = [ours(routes, item), theirs(routes, item)] as const
  for (const find of contestants) nanosecondsPerCall(find, calls / 4)
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    times[0].push(nanosecondsPerCall(contestants[0], calls))
    times[1].push(nanosecondsPerCall(contestants[1], calls))
  }
  return [median(times[0]), median(times[1])]
}

console.log('routes  case               router  find-my-way   (ns per match, median of %d)', rounds)
for (const count of [30, 5000]) {
  for (const item of [...cases, hostCase]) {
    // find-my-way tries its host expressions one by one.
    const calls = item === hostCase && count > 1000 ? perRound / 100 : perRound
    const [router, other] = measure(routesOf(count, item === hostCase), item, calls)
    console.log(`${String(count).padStart(6)}  ${item.label.padEnd(17)}${router.toFixed(0).padStart(8)}${other.toFixed(0).padStart(13)}`)
  }
}
