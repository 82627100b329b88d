import { defaultPorts, type ServiceName } from './kit/default-ports.ts'

export interface SampleService {
  name: ServiceName
  defaultPort: number
  /** What `node` runs to start the service. */
  entry: URL
}

/** The services run as they are written here, and as JavaScript where this file was built to that. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** The services of the shop, in an order in which each comes after those that it calls. */
export const sampleServices: readonly SampleService[] = [
  sample('users'),
  sample('products'),
  sample('inventory'),
  sample('payments'),
  sample('notifications'),
  sample('orders')
]

function sample(name: ServiceName): SampleService {
  return { name, defaultPort: defaultPorts[name], entry: new URL(`${name}/index.${extension}`, import.meta.url) }
}
