import { durationMs } from '../plugin-api/units.ts'
import { formatAddress, parseAddress, parseEndpoint } from './address.ts'
import type { DiscoveryPlan, ServiceQuery } from './plan-discovery.ts'
import type { TlsPlan } from './plan.ts'
import { ratioOf } from './ratio.ts'
import type { DiscoveryDocument, UpstreamDocument } from './schema-document.ts'

type ResolvePath = (path: string) => string

export function compileDiscovery(discovery: DiscoveryDocument, tls: ReadonlyMap<string, TlsPlan>, resolvePath: ResolvePath): DiscoveryPlan {
  const { emptyGrace, massRemoval, snapshotFile, consul, dns, kubernetes, etcd, zookeeper, eureka } = discovery
  const { apiServer, namespace } = kubernetes
  const tokenFile = resolvePath(kubernetes.tokenFile)
  return {
    emptyGraceMs: durationMs(emptyGrace),
    massRemovalRatio: ratioOf(massRemoval),
    snapshotFile: snapshotFile === undefined ? null : resolvePath(snapshotFile),
    consul: {
      addresses: listOf(consul.address).map(originOf),
      token: consul.token === undefined || consul.token === '' ? null : consul.token,
      tokenFile: consul.tokenFile === undefined ? null : resolvePath(consul.tokenFile),
      datacenter: consul.datacenter ?? null,
      namespace: consul.namespace ?? null,
      tls: tls.get('consul') ?? null,
      waitMs: durationMs(consul.wait),
      allowStale: consul.allowStale,
      maxConnections: consul.maxConnections
    },
    dns: {
      servers: dns.servers.map(addressOf),
      minTtlMs: durationMs(dns.minTtl),
      maxTtlMs: durationMs(dns.maxTtl),
      timeoutMs: durationMs(dns.timeout)
    },
    kubernetes: {
      apiServer: apiServer === undefined ? null : originOf(apiServer),
      tokenFile,
      caFile: resolvePath(kubernetes.caFile),
      namespace: namespace ?? null,
      // Beside the token, as the service account volume has it.
      namespaceFile: tokenFile.replace(/[^/\\]*$/, 'namespace')
    },
    etcd: etcd === undefined ? null : { addresses: listOf(etcd.address).map(originOf), ...credentials(etcd), tls: tls.get('etcd') ?? null },
    zookeeper:
      zookeeper === undefined
        ? null
        : {
            addresses: listOf(zookeeper.address).map(addressOf),
            basePath: zookeeper.basePath,
            sessionTimeoutMs: durationMs(zookeeper.sessionTimeout)
          },
    eureka:
      eureka === undefined
        ? null
        : { addresses: [...listOf(eureka.address)], ...credentials(eureka), tls: tls.get('eureka') ?? null, intervalMs: durationMs(eureka.interval) }
  }
}

/** The one kind of place that an upstream names. */
export function compileQuery(discovery: NonNullable<UpstreamDocument['discovery']>, resolvePath: ResolvePath): ServiceQuery {
  const { consul, file, dns, kubernetes, etcd, zookeeper, eureka } = discovery
  if (consul !== undefined) return { kind: 'consul', ...consul, datacenter: consul.datacenter ?? null, namespace: consul.namespace ?? null }
  if (file !== undefined) return { kind: 'file', path: resolvePath(file.path) }
  if (dns !== undefined) return { kind: 'dns', ...dns, port: dns.port ?? 0 }
  if (kubernetes !== undefined) return { kind: 'kubernetes', ...kubernetes, namespace: kubernetes.namespace ?? null, port: kubernetes.port ?? null }
  if (etcd !== undefined) return { kind: 'etcd', ...etcd }
  if (zookeeper !== undefined) return { kind: 'zookeeper', ...zookeeper }
  if (eureka !== undefined) return { kind: 'eureka', ...eureka }
  throw new TypeError('the discovery of an upstream was not validated')
}

function credentials(settings: { readonly username?: string; readonly password?: string }) {
  return { username: settings.username ?? null, password: settings.password ?? null }
}

function listOf(addresses: string | readonly string[]): readonly string[] {
  return typeof addresses === 'string' ? [addresses] : addresses
}

/** `CONSUL_HTTP_ADDR` and the like often come without a scheme. */
export function withScheme(address: string): string {
  return address.includes('://') ? address : `http://${address}`
}

function originOf(address: string): string {
  const parsed = parseEndpoint(withScheme(address))
  if (!parsed.ok) throw new TypeError(`the address ${address} was not validated`)
  return parsed.value
}

function addressOf(address: string): string {
  const parsed = parseAddress(address)
  if (!parsed.ok) throw new TypeError(`the address ${address} was not validated`)
  return formatAddress(parsed.value)
}
