import type { Target } from '../drive/request.ts'
import type { Scene } from '../process/scene.ts'

/** What cannot be asked of every contestant. */
export type Need = 'tls' | 'websocket' | 'routes' | 'reload'

export interface RouteSetup {
  readonly name: string
  /** `/api/service-7`: everything below it. Empty: everything. */
  readonly prefix: string
  /** Which of the upstreams. */
  readonly upstream: number
}

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
  /** Both in one file, as HAProxy wants them. */
  readonly pairFile: string
}

/** What a contestant has to do, in terms that all of them know. */
export interface Setup {
  /** For its files. */
  readonly folder: string
  readonly port: number
  /** For those that take orders over a port. */
  readonly adminPort: number
  /** `127.0.0.1:port`, two of one origin. Contestants that balance use both, the others the first. */
  readonly origins: readonly string[]
  /** How many upstreams; each has one of the origins for an endpoint when there are several, else both. */
  readonly upstreams: number
  readonly routes: readonly RouteSetup[]
  readonly tls: TlsFiles | null
  readonly websocket: boolean
  /** Of the issuer of the tokens in the requests, as PEM. */
  readonly publicKey: string
  readonly redisUrl: string | null
  /** Threads that serve, of contestants that have them. Default: what is theirs. */
  readonly workers?: number
}

export interface Running {
  readonly pid: number
  /** Of all its processes, µs. */
  cpuUs(): Promise<number>
  /** Takes on another configuration, on the same port. Resolves when it has been told. */
  reload?(setup: Setup): Promise<void>
  isGone(): boolean
  errors(): string
  stop(): Promise<void>
}

export interface Contestant {
  readonly name: string
  readonly title: string
  readonly can: readonly Need[]
  /** Nothing of it is compiled while it runs. */
  readonly isCompiled?: boolean
  /** Why it cannot run here; null when it can. */
  missing(): string | null
  version(): string
  start(scene: Scene, setup: Setup): Running
  /** What it has to do beyond the case. @throws Error saying what is wrong */
  check?(target: Target, setup: Setup): Promise<void>
}

/** The endpoints of one upstream. */
export function endpointsOf(setup: Setup, upstream: number): readonly string[] {
  return setup.upstreams === 1 ? setup.origins : [setup.origins[upstream % setup.origins.length] ?? '']
}
