import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, versionOf } from '../process/programs-on-path.ts'
import { maxClients, missingProgram, startServer } from './server.ts'
import { endpointsOf, type Contestant, type Setup } from './types.ts'

/** Routes are a map of prefixes, which is how HAProxy wants many of them. */
export function haproxyConfig(setup: Setup, mapFile: string): string {
  const { port, tls } = setup
  const backends = Array.from({ length: setup.upstreams }, (_, index) => {
    const servers = endpointsOf(setup, index).map((origin, at) => `  server s${at} ${origin}`)
    return `backend upstream-${index}\n  balance roundrobin\n  http-reuse always\n${servers.join('\n')}`
  })
  const choice =
    setup.routes.length === 1 && setup.routes[0]?.prefix === ''
      ? '  default_backend upstream-0'
      : `  use_backend %[path,map_beg(${mapFile})] if { path,map_beg(${mapFile}) -m found }`
  return `global
  nbthread 1
  maxconn ${maxClients()}
defaults
  mode http
  timeout connect 2s
  timeout client 72s
  timeout server 60s
  timeout tunnel 1h
  timeout http-keep-alive 72s
  option forwardfor
frontend all
  bind 127.0.0.1:${port}${tls === null ? '' : ` ssl crt ${tls.pairFile} alpn http/1.1`} backlog 4096
  http-request set-header X-Forwarded-Proto ${tls === null ? 'http' : 'https'}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
${choice}
${backends.join('\n')}
`
}

function write(setup: Setup): string {
  const file = join(setup.folder, 'haproxy.cfg')
  const mapFile = join(setup.folder, 'routes.map')
  writeFileSync(mapFile, setup.routes.map(({ prefix, upstream }) => `${prefix}/ upstream-${upstream}\n`).join(''))
  writeFileSync(`${file}.new`, haproxyConfig(setup, mapFile))
  renameSync(`${file}.new`, file)
  return file
}

export const haproxy: Contestant = {
  name: 'haproxy',
  title: 'HAProxy',
  isCompiled: true,
  can: ['tls', 'websocket', 'routes', 'reload'],
  missing: () => missingProgram('haproxy'),
  version: () => versionOf(findProgram('haproxy') ?? '', '-v'),
  start(scene, setup) {
    // A master and its worker: without a master there is no reload.
    const running = startServer(scene, 'haproxy', ['-W', '-db', '-f', write(setup)])
    return {
      ...running,
      reload: async (next) => {
        write(next)
        process.kill(running.pid, 'SIGUSR2')
      }
    }
  }
}
