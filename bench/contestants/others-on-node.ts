// Other proxies on this runtime.
import { existsSync } from 'node:fs'
import { packageVersion } from '../process/machine.ts'
import { startProgram } from './node-program.ts'
import type { Contestant } from './types.ts'

export const floor: Contestant = {
  name: 'floor',
  title: 'the floor: node:http and undici',
  can: ['tls', 'websocket'],
  missing: () => null,
  version: () => `undici ${packageVersion('node_modules/undici')}`,
  start: (scene, setup) => startProgram(scene, 'floor', setup)
}

export const defaultHttpProxy: Contestant = {
  name: 'default-http-proxy',
  title: '@fastify/http-proxy, default',
  can: ['tls', 'websocket', 'routes'],
  missing: () => null,
  version: () => packageVersion('node_modules/@fastify/http-proxy'),
  start: (scene, setup) => startProgram(scene, 'default-http-proxy', setup)
}

const OWN = 'bench/node_modules/http-proxy-middleware'

export const httpProxyMiddleware: Contestant = {
  name: 'http-proxy-middleware',
  title: 'http-proxy-middleware on Express',
  can: ['tls', 'websocket', 'routes'],
  missing: () => (existsSync(new URL(`../../${OWN}`, import.meta.url)) ? null : 'its packages are not installed: npm --prefix bench ci'),
  version: () => packageVersion(OWN),
  start: (scene, setup) => startProgram(scene, 'http-proxy-middleware', setup)
}
