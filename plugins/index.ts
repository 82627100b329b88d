import type { PluginDefinition } from '../src/plugin-api/index.ts'
import authorize from './authorize/index.ts'
import basicAuth from './basic-auth/index.ts'
import concurrency from './concurrency/index.ts'
import cors from './cors/index.ts'
import forwardAuth from './forward-auth/index.ts'
import headers from './headers/index.ts'
import hmacAuth from './hmac-auth/index.ts'
import introspection from './introspection/index.ts'
import ipFilter from './ip-filter/index.ts'
import jwt from './jwt/index.ts'
import keyAuth from './key-auth/index.ts'
import mtls from './mtls/index.ts'
import quota from './quota/index.ts'
import rateLimit from './rate-limit/index.ts'
import requestId from './request-id/index.ts'
import requestSize from './request-size/index.ts'
import securityHeaders from './security-headers/index.ts'

/** The plugins that a document may name without `use`, in the order in which their phases run. */
export const builtinPlugins: readonly PluginDefinition[] = [
  requestId,
  cors,
  ipFilter,
  mtls,
  keyAuth,
  basicAuth,
  hmacAuth,
  jwt,
  introspection,
  forwardAuth,
  authorize,
  requestSize,
  rateLimit,
  concurrency,
  quota,
  headers,
  securityHeaders
]
