import { mediaType } from './media-type.ts'
import type { Reason } from './reasons.ts'
import type { TokenRule } from './settings.ts'
import type { JsonObject } from './token-text.ts'

/** The members of a header that anything depends on. `jku`, `jwk`, `x5u` and `x5c` are not among them: a token never says by which key it is verified. */
export interface TokenHeader {
  readonly alg: string
  readonly kid: string | null
}

/** The header, or why the token is refused before any key is looked for. */
export function judgeHeader(header: JsonObject, { algorithms, types, typeRequired }: TokenRule): TokenHeader | Reason {
  // RFC 7515 section 4.1.11: no extension is understood here, and an empty list is forbidden.
  if (Object.hasOwn(header, 'crit')) return 'malformed'
  // RFC 7797 section 7: the payload of a JWT is always encoded.
  if (Object.hasOwn(header, 'b64') && header['b64'] !== true) return 'malformed'
  const { alg, kid, typ } = header
  if (typeof alg !== 'string') return 'algorithm'
  if (!(algorithms as readonly string[]).includes(alg)) return 'algorithm'
  if (kid !== undefined && typeof kid !== 'string') return 'malformed'
  // RFC 8725 section 3.11.
  if (typ === undefined ? typeRequired : typeof typ !== 'string' || !types.includes(mediaType(typ))) return 'type'
  return { alg, kid: kid ?? null }
}
