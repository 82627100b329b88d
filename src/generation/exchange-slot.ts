import type { IncomingMessage } from 'node:http'
import type { Exchange } from '../proxy/exchange.ts'

const EXCHANGE = Symbol('sallyport.exchange')

type WithExchange = IncomingMessage & { [EXCHANGE]?: Exchange }

/** Ties an exchange to the message that Fastify passes around. */
export function attachExchange(message: IncomingMessage, exchange: Exchange): void {
  ;(message as WithExchange)[EXCHANGE] = exchange
}

/** @throws TypeError for a message that did not come through the front door. */
export function exchangeOf(message: IncomingMessage): Exchange {
  const exchange = (message as WithExchange)[EXCHANGE]
  if (exchange === undefined) throw new TypeError('the request has no exchange')
  return exchange
}
