import type { HoldReason } from '../policy/membership/types.ts'

/** What is worth a line in the log; `provider` and `service` name whose. */
export type DiscoveryEvent =
  | { readonly kind: 'changed'; readonly added: readonly string[]; readonly removed: readonly string[]; readonly total: number }
  | { readonly kind: 'failing'; readonly reason: string }
  | { readonly kind: 'recovered'; readonly afterMs: number }
  | { readonly kind: 'held'; readonly reason: HoldReason; readonly endpoints: readonly string[]; readonly forMs: number }
  | { readonly kind: 'skipped'; readonly entry: string; readonly reason: string }
  | { readonly kind: 'restored'; readonly total: number; readonly savedAtMs: number }

export interface ServiceName {
  readonly provider: string
  readonly service: string
}
