import type { Need, RouteSetup } from '../contestants/types.ts'
import type { BenchRequest } from '../drive/request.ts'
import type { Column } from '../report/types.ts'

/** What is done with a contestant. */
export type Work =
  | {
      readonly kind: 'http'
      /** Sent in turn. */
      readonly requests: readonly BenchRequest[]
      /** The body of every answer. */
      readonly expected: Buffer
      readonly connections: number
      /** Whether latency is measured too, at half the rate that it can do. */
      readonly latency: boolean
    }
  | { readonly kind: 'websocket'; readonly path: string; readonly connections: number; readonly bytes: number }
  | { readonly kind: 'slow'; readonly delayMs: number; readonly connections: number; readonly each: number }
  | { readonly kind: 'idle'; readonly connections: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'reload'; readonly times: number; readonly probesPerSecond: number }

export interface Case {
  readonly name: string
  readonly title: string
  /** For readers of the report. */
  readonly about: string
  readonly needs: readonly Need[]
  readonly routes: readonly RouteSetup[]
  readonly upstreams: number
  readonly work: Work
  readonly columns: readonly Column[]
  readonly chart: string
}
