import { ANSWERS } from './answers.ts'
import { CONNECTIONS, requestsFor, services, WITHOUT_FLOOR } from './parts.ts'
import type { Case } from './types.ts'

/** Requests go to routes from all over the list, as many different paths whatever its length. */
function routes(count: number): Case {
  return {
    name: `routes-${count}`,
    title: `${count.toLocaleString('en')} routes`,
    about: `The small GET to routes spread over ${count.toLocaleString('en')} of them, prefixes such as /api/service-7/, one upstream.`,
    needs: ['routes'],
    routes: services(count, 1),
    upstreams: 1,
    columns: WITHOUT_FLOOR,
    chart: 'cpuUs',
    work: {
      kind: 'http',
      requests: requestsFor((caller) => `/api/service-${Math.floor((caller * count) / 100)}/items/${caller}/small`),
      expected: ANSWERS.small.body,
      connections: CONNECTIONS,
      latency: false
    }
  }
}

export const routes10 = routes(10)
export const routes1000 = routes(1000)
export const routes5000 = routes(5000)
