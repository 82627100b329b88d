import { isIPv6 } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { healthPath } from './health.ts'
import type { RegistrySettings } from './registry-settings.ts'

interface RegistrationLogger {
  info: (message: string) => void
  warn: (facts: object, message: string) => void
}

export interface RegistrationOptions {
  readonly service: string
  readonly instance: string
  readonly settings: RegistrySettings
  readonly logger: RegistrationLogger
}

/** How often it looks whether the registry still knows it. */
const lookEveryMs = 2_000
const backoff = { firstMs: 200, longestMs: 5_000 }
const requestTimeoutMs = 2_000
/** A stop must not take long when the registry is away. */
const deregisterTimeoutMs = 1_000
const wildcards = new Set(['0.0.0.0', '[::]'])

/**
 * Keeps one service registered (https://www.consul.io/api-docs/agent/service): a registry that lost it, or was away, is told again. What
 * goes wrong with the registry is logged once and tried again; the service itself never notices.
 */
export class Registration {
  readonly #options: RegistrationOptions
  readonly #stop = new AbortController()
  #running: Promise<void> | null = null

  constructor(options: RegistrationOptions) {
    this.#options = options
  }

  /** From now on; `url` is where the service listens. Nothing happens after a stop. */
  start(url: string): void {
    this.#running ??= this.#keep(url)
  }

  /** Deregisters, and waits for as long as gateways are given to notice. Never throws. */
  async stop(): Promise<void> {
    this.#stop.abort()
    if (this.#running === null) return
    // Not cut off: a registration that is under way could arrive after the end of it.
    await this.#running
    const { instance, logger, settings } = this.#options
    try {
      await this.#ask('PUT', `/v1/agent/service/deregister/${encodeURIComponent(instance)}`, AbortSignal.timeout(deregisterTimeoutMs))
    } catch (error) {
      logger.warn({ err: error }, 'could not deregister')
      return
    }
    await delay(settings.deregisterDelayMs)
  }

  async #keep(url: string): Promise<void> {
    const { logger } = this.#options
    const stopped = this.#stop.signal
    let registered = false
    let failures = 0
    while (!stopped.aborted) {
      try {
        if (registered) registered = await this.#isKnown()
        if (!registered) await this.#register(url)
        registered = true
        if (failures > 0) logger.info('the registry is back')
        failures = 0
      } catch (error) {
        if (stopped.aborted) return
        if (failures === 0) logger.warn({ err: error }, 'the registry cannot be told, trying again')
        failures++
        // It may have forgotten everything when it comes back.
        registered = false
      }
      await pause(failures === 0 ? lookEveryMs : Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(failures, 10)), stopped)
    }
  }

  async #isKnown(): Promise<boolean> {
    const limit = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(requestTimeoutMs)])
    return (await this.#ask('GET', `/v1/agent/service/${encodeURIComponent(this.#options.instance)}`, limit)) !== 404
  }

  async #register(url: string): Promise<void> {
    await this.#ask('PUT', '/v1/agent/service/register', AbortSignal.timeout(requestTimeoutMs), registrationOf(this.#options, url))
  }

  /** The status; throws for one that is no answer to the question. */
  async #ask(method: 'GET' | 'PUT', path: string, signal: AbortSignal, body?: object): Promise<number> {
    const { url, token } = this.#options.settings
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { 'x-consul-token': token }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal
    })
    const received = await response.text()
    if (response.ok || (method === 'GET' && response.status === 404)) return response.status
    throw new Error(`${method} ${path} was answered ${response.status}: ${received.slice(0, 200)}`)
  }
}

/** What the registry is told; it looks at the health of the service by itself. */
function registrationOf({ service, instance, settings }: RegistrationOptions, url: string): object {
  const { hostname, port } = new URL(url)
  const listening = wildcards.has(hostname) ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, '')
  const address = settings.advertiseAddress ?? listening
  return {
    ID: instance,
    Name: service,
    Address: address,
    Port: Number(port === '' ? 80 : port),
    Meta: { scheme: 'http', instance, ...(settings.zone === null ? {} : { zone: settings.zone }) },
    Weights: { Passing: settings.weight, Warning: 1 },
    Check: {
      HTTP: `http://${isIPv6(address) ? `[${address}]` : address}:${port === '' ? 80 : port}${healthPath}`,
      Interval: '1s',
      Timeout: '1s',
      DeregisterCriticalServiceAfter: '1m',
      // It listens already; the first look at it decides.
      Status: 'passing'
    }
  }
}

/** A quarter of it is chance, so that services that lost the same registry do not come back together. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms * (0.75 + 0.25 * Math.random()), undefined, { signal })
  } catch {
    // Stopped.
  }
}
