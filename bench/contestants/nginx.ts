import { renameSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { findProgram, versionOf } from '../process/programs-on-path.ts'
import { maxClients, missingProgram, startServer } from './server.ts'
import { endpointsOf, type Contestant, type Setup } from './types.ts'

/** Buffering stays as it is by default, but on disk nothing is buffered: that would be a cost of the disk. */
export function nginxConfig(setup: Setup): string {
  const { folder, port, tls } = setup
  const upstreams = Array.from({ length: setup.upstreams }, (_, index) => {
    const servers = endpointsOf(setup, index).map((origin) => `server ${origin};`)
    return `  upstream upstream-${index} { ${servers.join(' ')} keepalive ${setup.upstreams === 1 ? 256 : 4}; keepalive_requests 1000000000; }`
  })
  const locations = setup.routes.map(({ prefix, upstream }) => `    location ${prefix}/ { proxy_pass http://upstream-${upstream}; }`)
  return `daemon off;
worker_processes 1;
user ${userInfo().username};
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections ${maxClients() * 2 + 100}; }
http {
  access_log off;
  keepalive_timeout 72s;
  keepalive_requests 1000000000;
  client_max_body_size 10m;
  client_body_buffer_size 64k;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_max_temp_file_size 0;
  proxy_http_version 1.1;
  proxy_set_header Host $proxy_host;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $http_host;
  ${setup.websocket ? 'proxy_set_header Upgrade $http_upgrade;\n  proxy_set_header Connection upgrade;' : 'proxy_set_header Connection "";'}
${upstreams.join('\n')}
  server {
    listen 127.0.0.1:${port}${tls === null ? '' : ' ssl'} backlog=4096;
${tls === null ? '' : `    ssl_certificate ${tls.certFile};\n    ssl_certificate_key ${tls.keyFile};\n`}${locations.join('\n')}
  }
}
`
}

export const nginx: Contestant = {
  name: 'nginx',
  title: 'nginx',
  isCompiled: true,
  can: ['tls', 'websocket', 'routes', 'reload'],
  missing: () => missingProgram('nginx'),
  version: () => versionOf(findProgram('nginx') ?? '', '-v'),
  start(scene, setup) {
    const file = join(setup.folder, 'nginx.conf')
    writeFileSync(file, nginxConfig(setup))
    const running = startServer(scene, 'nginx', ['-p', setup.folder, '-e', 'stderr', '-c', file])
    return {
      ...running,
      reload: async (next) => {
        writeFileSync(`${file}.new`, nginxConfig(next))
        renameSync(`${file}.new`, file)
        process.kill(running.pid, 'SIGHUP')
      }
    }
  }
}
