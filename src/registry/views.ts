import { createHash } from 'node:crypto'
import type { Catalog } from './catalog.ts'
import { FIRST_INDEX } from './indexes.ts'
import type { CheckEntry, ServiceDefinition, ServiceEntry, Status, TaggedAddress } from './types.ts'

export const NODE_NAME = 'sallyport-registry'
export const NODE_ADDRESS = '127.0.0.1'
export const DATACENTER = 'dc1'
/** Whose API this is. */
const API_VERSION = '1.8.7'

const TAGGED_NODE = { lan: NODE_ADDRESS, lan_ipv4: NODE_ADDRESS, wan: NODE_ADDRESS, wan_ipv4: NODE_ADDRESS }
const NODE_INDEXES = { CreateIndex: FIRST_INDEX, ModifyIndex: FIRST_INDEX }
const NODE_CHECK_ID = 'serfHealth'

type Json = Readonly<Record<string, unknown>>

/** The JSON that the API answers, with the members, and in the order, of Consul 1.8: https://www.consul.io/api-docs */
export class Views {
  readonly #catalog: Catalog
  readonly #nodeId: string

  constructor(catalog: Catalog, nodeId: string) {
    this.#catalog = catalog
    this.#nodeId = nodeId
  }

  agentSelf(): Json {
    const config = { Datacenter: DATACENTER, NodeName: NODE_NAME, NodeID: this.#nodeId, Revision: '', Server: true, Version: API_VERSION }
    return { Config: config, Member: { Name: NODE_NAME, Addr: NODE_ADDRESS, Tags: { dc: DATACENTER, id: this.#nodeId, role: 'consul' }, Status: 1 } }
  }

  agentServices(): Json {
    return Object.fromEntries(this.#catalog.services().map(({ definition }) => [definition.id, agentService(definition)]))
  }

  agentService(definition: ServiceDefinition): Json {
    const service = agentService(definition)
    return { ...service, ContentHash: createHash('sha256').update(JSON.stringify(service)).digest('hex').slice(0, 16) }
  }

  agentChecks(): Json {
    const checks = this.#catalog.checks()
    return Object.fromEntries(checks.map((check) => [check.definition.id, checkJson(check, check.output, { CreateIndex: 0, ModifyIndex: 0 })]))
  }

  nodes(): readonly Json[] {
    return [this.#node()]
  }

  /** Names of all services, each with the tags of its instances. */
  serviceNames(): Json {
    const tags = new Map<string, Set<string>>()
    for (const { definition } of this.#catalog.services()) {
      const all = tags.get(definition.name) ?? new Set()
      for (const tag of definition.tags) all.add(tag)
      tags.set(definition.name, all)
    }
    return Object.fromEntries([...tags].map(([name, all]) => [name, [...all]]))
  }

  catalogService(name: string, tags: readonly string[]): readonly Json[] {
    const { Meta: nodeMeta, CreateIndex: _created, ModifyIndex: _modified, ...node } = this.#node()
    return this.#instances(name, tags).map(({ definition, createIndex, modifyIndex }) => ({
      ...node,
      NodeMeta: nodeMeta,
      ServiceKind: '',
      ServiceID: definition.id,
      ServiceName: definition.name,
      ServiceTags: definition.tags,
      ServiceAddress: definition.address,
      ...taggedJson('ServiceTaggedAddresses', definition.taggedAddresses),
      ServiceWeights: weightsJson(definition),
      ServiceMeta: definition.meta,
      ServicePort: definition.port,
      ServiceEnableTagOverride: definition.enableTagOverride,
      ServiceProxy: { MeshGateway: {}, Expose: {} },
      ServiceConnect: {},
      CreateIndex: createIndex,
      ModifyIndex: modifyIndex
    }))
  }

  health(name: string, tags: readonly string[], passingOnly: boolean): readonly Json[] {
    const checks = this.#catalog.checks()
    return this.#instances(name, tags).flatMap((entry) => {
      const own = checks.filter((check) => check.serviceId === entry.definition.id)
      if (passingOnly && own.some((check) => check.status !== 'passing')) return []
      return [{ Node: this.#node(), Service: healthService(entry), Checks: [nodeCheck(), ...own.map(catalogCheck)] }]
    })
  }

  healthChecks(name: string): readonly Json[] {
    return this.#catalog
      .checks()
      .filter((check) => check.serviceName === name)
      .map(catalogCheck)
  }

  /** Of the node as well, sorted by id. */
  healthState(state: Status | 'any' | null): readonly Json[] {
    const all = [{ id: NODE_CHECK_ID, status: 'passing', json: nodeCheck() }]
    for (const check of this.#catalog.checks()) all.push({ id: check.definition.id, status: check.status, json: catalogCheck(check) })
    return all
      .filter(({ status }) => state === 'any' || status === state)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ json }) => json)
  }

  #instances(name: string, tags: readonly string[]): readonly ServiceEntry[] {
    return this.#catalog.services().filter(({ definition }) => definition.name === name && tags.every((tag) => hasTag(definition, tag)))
  }

  #node(): Json {
    return {
      ID: this.#nodeId,
      Node: NODE_NAME,
      Address: NODE_ADDRESS,
      Datacenter: DATACENTER,
      TaggedAddresses: TAGGED_NODE,
      Meta: { 'consul-network-segment': '' },
      ...NODE_INDEXES
    }
  }
}

/** Consul compares tags in any case. */
function hasTag({ tags }: ServiceDefinition, tag: string): boolean {
  return tags.some((one) => one.toLowerCase() === tag.toLowerCase())
}

function agentService(definition: ServiceDefinition): Json {
  return {
    ID: definition.id,
    Service: definition.name,
    Tags: definition.tags,
    Meta: definition.meta,
    Port: definition.port,
    Address: definition.address,
    ...taggedJson('TaggedAddresses', definition.taggedAddresses),
    Weights: weightsJson(definition),
    EnableTagOverride: definition.enableTagOverride
  }
}

function healthService({ definition, createIndex, modifyIndex }: ServiceEntry): Json {
  return {
    ID: definition.id,
    Service: definition.name,
    Tags: definition.tags,
    Address: definition.address,
    ...taggedJson('TaggedAddresses', definition.taggedAddresses),
    Meta: Object.keys(definition.meta).length === 0 ? null : definition.meta,
    Port: definition.port,
    Weights: weightsJson(definition),
    EnableTagOverride: definition.enableTagOverride,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
    CreateIndex: createIndex,
    ModifyIndex: modifyIndex
  }
}

function taggedJson(name: string, addresses: Readonly<Record<string, TaggedAddress>>): Json {
  const entries = Object.entries(addresses).map(([key, { address, port }]) => [key, { Address: address, Port: port }] as const)
  return entries.length === 0 ? {} : { [name]: Object.fromEntries(entries) }
}

function weightsJson({ weights }: ServiceDefinition): Json {
  return { Passing: weights.passing, Warning: weights.warning }
}

function catalogCheck(check: CheckEntry): Json {
  return checkJson(check, check.settledOutput, { CreateIndex: check.createIndex, ModifyIndex: check.modifyIndex })
}

function checkJson({ definition, status, ...check }: CheckEntry, output: string, indexes: Json): Json {
  return {
    Node: NODE_NAME,
    CheckID: definition.id,
    Name: definition.name,
    Status: status,
    Notes: definition.notes,
    Output: output,
    ServiceID: check.serviceId,
    ServiceName: check.serviceName,
    ServiceTags: check.serviceTags,
    Type: definition.probe.type,
    Definition: {},
    ...indexes
  }
}

function nodeCheck(): Json {
  return {
    Node: NODE_NAME,
    CheckID: NODE_CHECK_ID,
    Name: 'Serf Health Status',
    Status: 'passing',
    Notes: '',
    Output: 'Agent alive and reachable',
    ServiceID: '',
    ServiceName: '',
    ServiceTags: [],
    Type: '',
    Definition: {},
    ...NODE_INDEXES
  }
}
