// What a team writes on its first day: Fastify and @fastify/http-proxy with nothing but the upstream.
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import { reportCpu } from './report-cpu.ts'

const app = Fastify()
await app.register(httpProxy, { upstream: process.argv[2] ?? '' })
await app.listen({ host: '127.0.0.1', port: 0 })
reportCpu((app.server.address() as AddressInfo).port)
