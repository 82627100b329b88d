import { EVERYTHING, services } from './parts.ts'
import type { Case } from './types.ts'

export const start: Case = {
  name: 'start',
  title: 'Start',
  about: 'From the start of the process to its first right answer, with one route.',
  needs: [],
  routes: EVERYTHING,
  upstreams: 1,
  chart: 'startMs',
  columns: [
    { key: 'startMs', title: 'start ms', digits: 0 },
    { key: 'rssMib', title: 'RSS MiB', digits: 0 }
  ],
  work: { kind: 'start' }
}

export const scale: Case = {
  name: 'scale',
  title: '5,000 routes and 1,000 upstreams: start and reload',
  about:
    'Start: to the first right answer. Reload: from the signal (Caddy: the call) to the first right answer of a route that is new. Meanwhile a request is sent every ms; quiet: the longest of them before.',
  needs: ['routes', 'reload'],
  routes: services(5000, 1000),
  upstreams: 1000,
  chart: 'reloadMs',
  columns: [
    { key: 'startMs', title: 'start ms', digits: 0 },
    { key: 'reloadMs', title: 'reload ms', digits: 0 },
    { key: 'longestMs', title: 'longest request ms', digits: 1 },
    { key: 'p99Ms', title: 'p99 ms', digits: 1 },
    { key: 'quietMs', title: 'quiet: longest ms', digits: 1 },
    { key: 'failures', title: 'failed', digits: 0 },
    { key: 'reopened', title: 'connections closed', digits: 0 },
    { key: 'rssMib', title: 'RSS MiB', digits: 0 },
    { key: 'peakMib', title: 'peak RSS MiB', digits: 0 }
  ],
  work: { kind: 'reload', times: 3, probesPerSecond: 1000 }
}
