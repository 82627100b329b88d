import type { ClusterOptions, RedisOptions } from 'ioredis'
import type { Clock, Random } from '../../plugin-api/index.ts'
import type { RedisPlan, TlsPlan } from '../../config/plan.ts'

/** Recovery is noticed within 2 s: one wait and one attempt to connect, each of at most this. */
const LONGEST_STEP_MS = 1000
/** Between two new connections to a server that only reads. */
const LONGEST_PAUSE_MS = 300_000

/** ioredis wants to know the form of replies by its type. */
type ClientOptions = RedisOptions & { replyMapping: 'legacy' }
type NotOfNodes = 'port' | 'host' | 'path' | 'sentinels' | 'retryStrategy' | 'enableOfflineQueue' | 'readOnly' | 'himportFieldsets'

/** Settings of ioredis for one server, or for each node of a cluster. */
export function clientOptions(plan: RedisPlan, random: Random, clock: Clock): ClientOptions {
  const { timeoutMs, tls, username, password, database } = plan
  return {
    lazyConnect: true,
    // A command is sent now or refused now: a request does not wait for a server to come back.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // What was sent may have been executed; sent again it would count twice.
    autoResendUnfulfilledCommands: false,
    commandTimeout: timeoutMs,
    connectTimeout: LONGEST_STEP_MS,
    // Without it a connection whose other end vanished lasts until TCP gives up, a quarter of an hour later.
    socketTimeout: Math.max(LONGEST_STEP_MS, timeoutMs * 2),
    disconnectTimeout: LONGEST_STEP_MS,
    maxLoadingRetryTime: LONGEST_STEP_MS / 2,
    retryStrategy: backoff(random),
    // A primary that has become a replica: the connection is made anew, to whoever is the primary now.
    reconnectOnError: onReadOnly(clock),
    connectionName: 'sallyport',
    // RESP2 says all that is needed, and every server and proxy knows it.
    protocol: 2,
    replyMapping: 'legacy',
    db: database,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls === null ? {} : { tls: tlsOptions(tls) })
  }
}

/** Settings of ioredis towards the sentinels. */
export function sentinelOptions(plan: RedisPlan, random: Random): Omit<RedisOptions, 'replyMapping'> {
  if (plan.target.kind !== 'sentinel') throw new TypeError('there are no sentinels')
  const { name, sentinels, sentinelUsername, sentinelPassword } = plan.target
  return {
    sentinels: [...sentinels],
    name,
    sentinelCommandTimeout: LONGEST_STEP_MS / 2,
    sentinelRetryStrategy: backoff(random),
    sentinelReconnectStrategy: backoff(random),
    // Hears of a failover from the sentinels, instead of from a connection that fails.
    failoverDetector: true,
    ...(sentinelUsername === null ? {} : { sentinelUsername }),
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(plan.tls === null ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(plan.tls) })
  }
}

/** Settings of ioredis for a cluster. */
export function clusterOptions(plan: RedisPlan, random: Random, clock: Clock): ClusterOptions & { redisOptions: Omit<ClientOptions, NotOfNodes> } {
  const { retryStrategy: _, enableOfflineQueue: __, ...redisOptions } = clientOptions({ ...plan, database: 0 }, random, clock)
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: backoff(random),
    // Whether a command on a closed connection was executed is not known: it must not be sent again.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 3,
    slotsRefreshTimeout: LONGEST_STEP_MS,
    slotsRefreshInterval: LONGEST_STEP_MS,
    redisOptions
  }
}

/** Doubles from 50 ms on; the jitter keeps many gateways from coming back at the same moment. */
export function backoff(random: Random): (attempt: number) => number {
  return (attempt) => Math.round(Math.min(LONGEST_STEP_MS, 25 * 2 ** attempt) * (0.5 + random.next() / 2))
}

/** Ever more seldom: while there is no other primary, each new connection ends as the one before. */
function onReadOnly(clock: Clock): (error: Error) => boolean {
  let [notBeforeMs, pauseMs] = [-Infinity, 0]
  return (error) => {
    if (!error.message.startsWith('READONLY')) return false
    const nowMs = clock.now()
    if (nowMs < notBeforeMs) return false
    pauseMs = nowMs - notBeforeMs > LONGEST_PAUSE_MS ? LONGEST_STEP_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    notBeforeMs = nowMs + pauseMs
    return true
  }
}

function tlsOptions(tls: TlsPlan): NonNullable<RedisOptions['tls']> {
  return {
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(tls.caPem === null ? {} : { ca: tls.caPem }),
    ...(tls.certPem === null ? {} : { cert: tls.certPem }),
    ...(tls.keyPem === null ? {} : { key: tls.keyPem }),
    ...(tls.serverName === null ? {} : { servername: tls.serverName })
  }
}
