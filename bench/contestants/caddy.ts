import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { findProgram, versionOf } from '../process/programs-on-path.ts'
import { missingProgram, startServer } from './server.ts'
import { endpointsOf, type Contestant, type Setup } from './types.ts'

const RELOAD_MS = 60_000

export function caddyConfig(setup: Setup): object {
  const { port, adminPort, tls, routes } = setup
  return {
    admin: { listen: `127.0.0.1:${adminPort}`, config: { persist: false } },
    logging: { logs: { default: { level: 'ERROR' } } },
    apps: {
      http: {
        servers: {
          all: {
            listen: [`127.0.0.1:${port}`],
            automatic_https: { disable: true },
            protocols: ['h1'],
            ...(tls === null ? {} : { tls_connection_policies: [{}] }),
            routes: routes.map(({ prefix, upstream }) => ({
              match: [{ path: [`${prefix}/*`] }],
              handle: [{ handler: 'reverse_proxy', ...proxy(endpointsOf(setup, upstream)) }],
              terminal: true
            }))
          }
        }
      },
      ...(tls === null ? {} : { tls: { certificates: { load_files: [{ certificate: tls.certFile, key: tls.keyFile }] } } })
    }
  }
}

function proxy(endpoints: readonly string[]): object {
  return {
    upstreams: endpoints.map((dial) => ({ dial })),
    load_balancing: { selection_policy: { policy: 'round_robin' } },
    // Of 64 clients' connections it would keep only 32 by default.
    transport: { protocol: 'http', keep_alive: { max_idle_conns_per_host: 256 } }
  }
}

export const caddy: Contestant = {
  name: 'caddy',
  title: 'Caddy',
  isCompiled: true,
  can: ['tls', 'websocket', 'routes', 'reload'],
  missing: () => missingProgram('caddy'),
  version: () => versionOf(findProgram('caddy') ?? '', 'version'),
  start(scene, setup) {
    const file = join(setup.folder, 'caddy.json')
    writeFileSync(file, JSON.stringify(caddyConfig(setup)))
    const home = { HOME: setup.folder, XDG_DATA_HOME: setup.folder, XDG_CONFIG_HOME: setup.folder }
    const running = startServer(scene, 'caddy', ['run', '--config', file], { ...home, GOMAXPROCS: '1' })
    return { ...running, reload: (next) => load(next) }
  }
}

function load(setup: Setup): Promise<void> {
  const options = { port: setup.adminPort, host: '127.0.0.1', path: '/load', method: 'POST', timeout: RELOAD_MS }
  return new Promise((resolve, reject) => {
    const request = http.request({ ...options, headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume().on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`Caddy refused: ${response.statusCode}`))))
    })
    request.on('error', reject).on('timeout', () => request.destroy(new Error('Caddy did not reload in time')))
    request.end(JSON.stringify(caddyConfig(setup)))
  })
}
