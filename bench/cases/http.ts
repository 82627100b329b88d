import { ANSWERS } from './answers.ts'
import { CONNECTIONS, CPU, EVERYTHING, OF_FLOOR, OF_REQUESTS, PEAK, requestsFor, THROUGHPUT, WITH_LATENCY } from './parts.ts'
import type { Case } from './types.ts'

const plain = { needs: [], routes: EVERYTHING, upstreams: 1, columns: OF_REQUESTS, chart: 'cpuUs' } as const

export const get: Case = {
  ...plain,
  name: 'get',
  title: 'Small GET',
  about: 'A JSON answer of about 110 bytes over 64 kept-alive connections; latency at half of the rate that the contestant can do.',
  columns: WITH_LATENCY,
  work: {
    kind: 'http',
    requests: requestsFor(() => '/api/products/small'),
    expected: ANSWERS.small.body,
    connections: CONNECTIONS,
    latency: true
  }
}

export const get10k: Case = {
  ...plain,
  name: 'get-10k',
  title: 'GET of 10 KB',
  about: 'An answer of 10,240 bytes over 64 connections.',
  work: { kind: 'http', requests: requestsFor(() => '/api/files/10k'), expected: ANSWERS['10k'].body, connections: CONNECTIONS, latency: false }
}

export const get1m: Case = {
  ...plain,
  name: 'get-1m',
  title: 'GET of 1 MB',
  about: 'An answer of 1,048,576 bytes over 16 connections, with back-pressure all the way.',
  columns: [CPU, OF_FLOOR, { key: 'cpuUs', title: '× nginx', digits: 2, of: 'nginx' }, ...THROUGHPUT, PEAK],
  work: { kind: 'http', requests: requestsFor(() => '/api/files/1m'), expected: ANSWERS['1m'].body, connections: 16, latency: false }
}

export const post10k: Case = {
  ...plain,
  name: 'post-10k',
  title: 'POST of 10 KB',
  about: 'A body of 10,240 bytes up, a small answer down, 64 connections.',
  work: {
    kind: 'http',
    // Text, so that every driver can send it as it is.
    requests: requestsFor(() => '/api/orders/small', Buffer.from('0123456789abcdef'.repeat(640))),
    expected: ANSWERS.small.body,
    connections: CONNECTIONS,
    latency: false
  }
}

export const tls: Case = {
  ...get,
  name: 'tls',
  title: 'Small GET over TLS',
  about: 'The small GET with TLS 1.3 between client and contestant, an EC certificate, connections kept.',
  needs: ['tls']
}
