import type { TSchema } from 'typebox'
import type { PluginDefinition } from './types.ts'

export { ExpiringCache } from './expiring-cache.ts'
export { gatewayError, isGatewayError, type ErrorCode, type GatewayError, type GatewayErrorOptions } from '../errors.ts'
export { addressKey } from './limits/address-key.ts'
export { answerFields, setFields, type FieldOptions, type ToldRule } from './limits/answer-fields.ts'
export { createCallerKey, createConsumerKey, describeBy, describePart, partsOf, type CallerFacts } from './limits/caller-key.ts'
export { CallerBy, type By, type ByPart } from './limits/caller-schema.ts'
export {
  checkOneOrSeveral,
  checkOverrideNames,
  checkRouteOrGlobal,
  checkStoreChoice,
  checkUniqueNames,
  configError,
  configWarning,
  type IssuePath
} from './limits/check-limits.ts'
export { describeCallers, describeOverrides, describePolicy, describeSharing, describeStore, type PolicyWords } from './limits/describe-policy.ts'
export { createFields, wholeSeconds, type RateLimitFields } from './limits/fields.ts'
export { LimitCost, LimitName, LimitOverrides, LimitUnits, storeSettings } from './limits/limit-schema.ts'
export { chooseStore, limitRequests, type LimiterHookSettings, type StoreChoice } from './limits/limiter-hook.ts'
export type { PermitAnswer, PermitQuestion, PermitRule, PermitStore, PermitVerdict } from './limits/permits.ts'
export { bindCounters, countVerdicts, type CounterNames, type PolicyCounters } from './limits/policy-counters.ts'
export { chooseRules, readCost, ruleFor, type LimitPolicy, type Overrides, type PolicyRule, type RuleChoice } from './limits/policy.ts'
export { StoreUnavailable, type LimitAlgorithm, type LimitQuestion, type LimitRule, type LimitStore, type LimitVerdict } from './limits/store.ts'
export { StoreDecider, type StoreDeciderSettings, type StoreUse } from './limits/store-decider.ts'
export type { UsageCaller, UsageReport } from './limits/usage.ts'
export { PHASES, SCOPES, type Phase, type Scope } from './phases.ts'
export { Duration, Secret, Size, Type, type Static, type TSchema } from './schema.ts'
export { durationMs, parseDuration, parseSize, sizeBytes } from './units.ts'
export type {
  Authentication,
  BoundCounter,
  CheckContext,
  CheckIssue,
  Clock,
  Consumer,
  ConsumerEntry,
  DescribeContext,
  GatewayRequest,
  Log,
  OutboundAnswer,
  OutboundHttp,
  OutboundRequest,
  PluginDefinition,
  PluginDeps,
  PluginLimits,
  PluginMetrics,
  PluginRoute,
  Random,
  ResponseHead
} from './types.ts'
export { claimFieldValue, fieldLines, fieldValue, readClaim } from './values.ts'

/** Declares a plugin; the configuration's type follows from its schema. */
export function definePlugin<S extends TSchema>(definition: PluginDefinition<S>): PluginDefinition<S> {
  return Object.freeze(definition)
}
