import { BUSY, CONNECTIONS, CPU, EVERYTHING, OF_FLOOR, PEAK } from './parts.ts'
import type { Case } from './types.ts'

const plain = { needs: [], routes: EVERYTHING, upstreams: 1, chart: 'cpuUs' } as const

export const websocket: Case = {
  ...plain,
  name: 'websocket',
  title: 'WebSocket echo',
  about: 'Messages of 64 bytes there and back over 64 WebSockets, each with one on its way.',
  needs: ['websocket'],
  columns: [
    CPU,
    OF_FLOOR,
    { key: 'rate', title: 'echoes per second', digits: 0 },
    BUSY,
    { key: 'p50', title: 'p50 ms', digits: 2 },
    { key: 'p99', title: 'p99 ms', digits: 2 },
    PEAK
  ],
  work: { kind: 'websocket', path: '/chat/echo', connections: CONNECTIONS, bytes: 64 }
}

export const slow: Case = {
  ...plain,
  name: 'slow',
  title: 'Slow upstream, 10,000 at once',
  about:
    'The upstream takes 5 s for each answer. Up to 10,000 clients, fewer where the limit of open files is below some 20,300, send two requests each.',
  columns: [
    { key: 'connections', title: 'at once', digits: 0 },
    { key: 'answered', title: 'answered %', digits: 1 },
    CPU,
    OF_FLOOR,
    { key: 'addedP50', title: 'added p50 ms', digits: 1 },
    { key: 'addedP99', title: 'added p99 ms', digits: 1 },
    PEAK
  ],
  work: { kind: 'slow', delayMs: 5000, connections: 10_000, each: 2 }
}

export const idle: Case = {
  ...plain,
  name: 'idle',
  title: 'Idle connections',
  about: 'Each has had one answer and stays open. Memory is of all the processes, before and with them, scaled to 10,000.',
  chart: 'mibPer10k',
  columns: [
    { key: 'connections', title: 'connections', digits: 0 },
    { key: 'beforeMib', title: 'RSS before MiB', digits: 0 },
    { key: 'mibPer10k', title: 'MiB per 10,000', digits: 1 }
  ],
  work: { kind: 'idle', connections: 10_000 }
}
