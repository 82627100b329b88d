import { compileRule, type CompiledRule } from './compile-rule.ts'
import type { AuthorizeConfig } from './schema.ts'

/** The rule for a method: what the method says over what is said for all. Compiled once. */
export function compileMethodRules({ methods, rolesClaim, ...config }: AuthorizeConfig): (method: string) => CompiledRule {
  const { opa: _opa, ...general } = config
  const fallback = compileRule(general, rolesClaim)
  const rules = new Map(Object.entries(methods).map(([method, own]) => [method, compileRule({ ...general, ...own }, rolesClaim)]))
  // HEAD gets what GET gets (RFC 9110 section 9.3.2), so that it must not be the way around GET's rule.
  const get = rules.get('GET')
  if (get !== undefined && !rules.has('HEAD')) rules.set('HEAD', get)
  return rules.size === 0 ? () => fallback : (method) => rules.get(method) ?? fallback
}
