import type { AddressPlan, TlsPlan } from './plan.ts'

/** Where Redis is and how it is asked. */
export interface RedisPlan {
  readonly target: RedisTarget
  readonly username: string | null
  readonly password: string | null
  /** Null for plain TCP. */
  readonly tls: TlsPlan | null
  /** Time for one answer; what takes longer counts as Redis being away. */
  readonly timeoutMs: number
  /** Of every key of the gateway's own. */
  readonly keyPrefix: string
  /** Always 0 on a cluster. */
  readonly database: number
}

export type RedisTarget =
  | { readonly kind: 'server'; readonly address: AddressPlan }
  | {
      readonly kind: 'sentinel'
      /** Of the group that the sentinels watch. */
      readonly name: string
      readonly sentinels: readonly AddressPlan[]
      readonly sentinelUsername: string | null
      readonly sentinelPassword: string | null
    }
  | {
      readonly kind: 'cluster'
      /** Some of its nodes; they know the others. */
      readonly nodes: readonly AddressPlan[]
    }
