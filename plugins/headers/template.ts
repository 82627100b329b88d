import { claimFieldValue, fieldValue, readClaim, type GatewayRequest } from '../../src/plugin-api/index.ts'

/** A part of a value: fixed text, or what a request gives for a placeholder. */
type Part = string | ((gateway: GatewayRequest) => string)

export type Template = (gateway: GatewayRequest) => string

export type Parsed =
  | { readonly kind: 'ok'; readonly parts: readonly Part[]; readonly params: readonly string[] }
  | { readonly kind: 'bad'; readonly message: string; readonly hint?: string }

const FIXED: Readonly<Record<string, (gateway: GatewayRequest) => string>> = {
  'request.id': (gateway) => gateway.id,
  'client.ip': (gateway) => gateway.clientIp,
  'consumer.name': (gateway) => gateway.consumer?.name ?? '',
  'route.name': (gateway) => gateway.route.name,
  host: (gateway) => gateway.host
}

const KNOWN = [...Object.keys(FIXED), 'claim.<path>', 'param.<name>'].map((name) => `{${name}}`).join(', ')

/** Splits a value into text and placeholders; `{{` stands for one brace. */
export function parseTemplate(text: string): Parsed {
  const parts: Part[] = []
  const params: string[] = []
  let literal = ''
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string
    if (character !== '{') {
      literal += character
      continue
    }
    if (text[index + 1] === '{') {
      literal += '{'
      index++
      continue
    }
    const end = text.indexOf('}', index)
    if (end === -1) return { kind: 'bad', message: 'a placeholder is not closed', hint: 'write {{ for a brace' }
    const name = text.slice(index + 1, end)
    const read = placeholder(name)
    if (read === null) return { kind: 'bad', message: `unknown placeholder {${name}}`, hint: `known: ${KNOWN}; write {{ for a brace` }
    if (name.startsWith('param.')) params.push(name.slice('param.'.length))
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(read)
    index = end
  }
  if (literal !== '') parts.push(literal)
  return { kind: 'ok', parts, params }
}

function placeholder(name: string): ((gateway: GatewayRequest) => string) | null {
  const fixed = Object.hasOwn(FIXED, name) ? FIXED[name] : undefined
  if (fixed !== undefined) return fixed
  const dot = name.indexOf('.')
  const rest = name.slice(dot + 1)
  if (dot === -1 || rest === '') return null
  if (name.startsWith('claim.')) return (gateway) => claimFieldValue(readClaim(gateway.claims, rest)) ?? ''
  if (!name.startsWith('param.')) return null
  return (gateway) => (Object.hasOwn(gateway.params, rest) ? (gateway.params[rest] ?? '') : '')
}

/** @throws TypeError for what `parseTemplate` calls bad. */
export function compileTemplate(text: string): Template {
  const parsed = parseTemplate(text)
  if (parsed.kind === 'bad') throw new TypeError(parsed.message)
  const [first = '', ...others] = parsed.parts
  if (typeof first === 'string' && others.length === 0) return () => first
  // What a placeholder gives may come from the client: it is made safe for the field, the fixed text was checked before.
  if (others.length === 0 && typeof first !== 'string') return (gateway) => fieldValue(first(gateway))
  return (gateway) => {
    let value = ''
    for (const part of parsed.parts) value += typeof part === 'string' ? part : part(gateway)
    return fieldValue(value)
  }
}
