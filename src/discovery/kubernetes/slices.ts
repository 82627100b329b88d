import type { KubernetesQuery } from '../../config/plan-discovery.ts'
import { originOf, readInstances, textOrNull } from '../instance.ts'
import type { Answer, Instance, SkippedEntry } from '../types.ts'

/** What is used of an EndpointSlice of `discovery.k8s.io/v1` (Kubernetes API reference, "EndpointSlice"). */
export interface EndpointSlice {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string }
  readonly addressType?: string
  readonly endpoints?: readonly Endpoint[] | null
  readonly ports?: readonly Port[] | null
}

interface Endpoint {
  readonly addresses: readonly string[]
  readonly conditions?: { readonly ready?: boolean | null; readonly terminating?: boolean | null } | null
  readonly zone?: string | null
}

interface Port {
  /** Empty for the only port of a service that gives it no name. */
  readonly name?: string | null
  readonly port?: number | null
  readonly protocol?: string | null
}

const ADDRESS_TYPES: ReadonlySet<string> = new Set(['IPv4', 'IPv6', 'FQDN'])

/**
 * The usable instances of all slices of a service. An address that is in several slices, as happens while the controller moves endpoints
 * between them, is one instance (Kubernetes, "EndpointSlices", section "Duplicate endpoints").
 */
export function readSlices(slices: Iterable<EndpointSlice>, query: KubernetesQuery): Answer {
  const instances = new Map<string, Instance>()
  const skipped: SkippedEntry[] = []
  for (const slice of oneFamily([...slices])) {
    try {
      const answer = readSlice(slice, query)
      for (const instance of answer.instances) if (!instances.has(instance.origin)) instances.set(instance.origin, instance)
      skipped.push(...answer.skipped)
    } catch (error) {
      skipped.push({ entry: slice.metadata.name, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { instances: [...instances.values()], skipped }
}

/** Each pod of a dual-stack service is in a slice of either family; it is one instance all the same, by its IPv4 address. */
function oneFamily(slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  const hasIpv4 = slices.some(({ addressType, endpoints }) => addressType === 'IPv4' && (endpoints ?? []).some(isUsable))
  return hasIpv4 ? slices.filter(({ addressType }) => addressType !== 'IPv6') : slices
}

/** @throws Error that says why nothing of the slice can be used */
function readSlice(slice: EndpointSlice, query: KubernetesQuery): Answer {
  const usable = (slice.endpoints ?? []).filter(isUsable)
  // The slice of a service without pods has no ports either, which is nothing to complain about.
  if (usable.length === 0) return { instances: [], skipped: [] }
  if (!ADDRESS_TYPES.has(slice.addressType ?? '')) throw new Error(`addresses of type ${String(slice.addressType)} cannot be used`)
  const port = choosePort(slice.ports ?? [], query.port)
  const addresses = usable.flatMap(({ addresses, zone }) => addresses.map((host) => ({ host, zone: textOrNull(zone) })))
  return readInstances(
    addresses,
    ({ host }) => `${slice.metadata.name}: ${host}`,
    ({ host, zone }) => ({ origin: originOf(query.scheme, host, port), weight: 1, zone, tags: [] })
  )
}

/** A condition that is not there means ready. Those of a service that publishes not-ready addresses are ready even while they terminate. */
function isUsable({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false && conditions?.terminating !== true
}

/** @throws Error that says which ports there are */
function choosePort(ports: readonly Port[], wanted: KubernetesQuery['port']): unknown {
  const candidates = ports.filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
  if (wanted === null) {
    if (candidates.length === 1) return candidates[0]?.port
    throw new Error(`it has ${candidates.length} TCP ports (${namesOf(candidates)}), and none was chosen`)
  }
  const found = candidates.find(({ name, port }) => (typeof wanted === 'number' ? port : name) === wanted)
  if (found === undefined) throw new Error(`it has no TCP port ${wanted} (${namesOf(candidates)})`)
  return found.port
}

function namesOf(ports: readonly Port[]): string {
  return ports.map(({ name, port }) => `${textOrNull(name) ?? 'unnamed'} ${String(port)}`).join(', ') || 'it has none'
}
