import {
  configError,
  configWarning,
  Duration,
  durationMs,
  parseDuration,
  Type,
  type CheckContext,
  type CheckIssue,
  type IssuePath,
  type LimitRule,
  type Static
} from '../../src/plugin-api/index.ts'

const USUAL_TIME = '100ms'
/** The limit of a window holds for its length without the time of a lease: that should be most of it. */
const LARGEST_PART = 1 / 2
const FEWEST_UNITS = 2

export const LeaseSettings = () =>
  Type.Object(
    {
      units: Type.Union([Type.Integer({ minimum: FEWEST_UNITS, maximum: 1_000_000 }), Type.String({ pattern: '^\\d{1,2}(?:\\.\\d+)?%$' })], {
        description: 'Units that a gateway takes at once; a number, or a share of `limit` such as 5%.'
      }),
      for: Type.Optional(Duration({ description: `How long it may use them. Default ${USUAL_TIME}; at most half of the window.` }))
    },
    {
      additionalProperties: false,
      description:
        'With Redis, for callers that ask very often: a gateway takes units in shares and decides by itself. Every gateway may let pass so many more.'
    }
  )

export type LeaseConfig = Static<ReturnType<typeof LeaseSettings>>

/** Null when less than two units would be taken. */
export function leaseOf(lease: LeaseConfig | undefined, { limit, algorithm, burst }: Omit<LimitRule, 'lease'>): LimitRule['lease'] | null {
  if (lease === undefined) return null
  const wanted = typeof lease.units === 'number' ? lease.units : Math.floor((limit * Number(lease.units.slice(0, -1))) / 100)
  const units = Math.min(wanted, algorithm === 'gcra' ? Math.min(burst, limit) : limit)
  return units < FEWEST_UNITS ? null : { units, forMs: durationMs(lease.for ?? USUAL_TIME) }
}

interface Leased {
  readonly store?: string | undefined
}

/** @param rule As the lease is for; its window may be none. */
export function checkLease(
  lease: LeaseConfig | undefined,
  rule: Pick<LimitRule, 'limit' | 'algorithm' | 'burst' | 'windowMs'>,
  cost: number,
  path: IssuePath
): readonly CheckIssue[] {
  if (lease === undefined) return []
  const forMs = parseDuration(lease.for ?? USUAL_TIME) ?? 0
  const most = rule.algorithm === 'gcra' ? Math.min(rule.burst, rule.limit) : rule.limit
  const taken = leaseOf({ ...lease, for: USUAL_TIME }, { ...rule, id: '', calendar: null })
  return [
    ...(forMs > 0 && forMs <= rule.windowMs * LARGEST_PART
      ? []
      : [
          configError([...path, 'lease', 'for'], `a lease for ${lease.for ?? USUAL_TIME} is impossible`, 'more than 0 and at most half of the window')
        ]),
    ...(typeof lease.units === 'number' && lease.units > most
      ? [configError([...path, 'lease', 'units'], `a lease takes ${lease.units} units, but ${most} at most are admitted at once`)]
      : []),
    ...(taken === null || taken === undefined
      ? [configWarning([...path, 'lease', 'units'], `${lease.units} of ${rule.limit} is less than 2 units: nothing is taken beforehand`)]
      : cost >= taken.units
        ? [configWarning([...path, 'lease', 'units'], `a request costs ${cost} already: nothing is taken beforehand`)]
        : [])
  ]
}

export function checkLeaseStore(
  lease: LeaseConfig | undefined,
  { store }: Leased,
  { hasRedis }: CheckContext,
  path: IssuePath
): readonly CheckIssue[] {
  if (lease === undefined || (store !== 'memory' && hasRedis)) return []
  return [configWarning([...path, 'lease'], '`lease` has no effect: the memory is not far away')]
}
