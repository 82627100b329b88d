import { caddy } from './caddy.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { defaultHttpProxy, floor, httpProxyMiddleware } from './others-on-node.ts'
import { sallyport, sallyportRedis, sallyportStandard } from './sallyport.ts'
import type { Contestant } from './types.ts'

export const CONTESTANTS: readonly Contestant[] = [
  floor,
  sallyport,
  sallyportStandard,
  sallyportRedis,
  defaultHttpProxy,
  httpProxyMiddleware,
  nginx,
  haproxy,
  caddy
]
