import type { Clock } from '../../src/plugin-api/index.ts'
import type { ScriptCall } from '../../src/stores/redis/encoding.ts'
import { loadLimitScript } from '../../src/stores/redis/script.ts'
import type { RedisServer } from './redis.ts'

// The script as it is, but for two lines: its time is told by the test, and keys outlive the test, because real time stands still meanwhile.
const TIME = "local time = redis.call('TIME')"
const TOLD_TIME = 'local time = { ARGV[#ARGV - 1], ARGV[#ARGV] }'
const TTL = 'floor(us / 1000) + 1)'
const LONG_TTL = 'floor(us / 1000) + 3600000)'

/** 2026-10-31T23:59:30Z: a month, a day, an hour and a minute end half a minute later. */
export const START_US = Date.UTC(2026, 9, 31, 23, 59, 30) * 1000

export interface ToldTime {
  us: number
}

/** The clock of a store in memory. */
export function clockOf(time: ToldTime): Clock {
  return { now: () => (time.us - START_US) / 1000, wall: () => time.us / 1000, after: () => () => {} }
}

/** Runs the script of the limits at a time that the test tells. */
export async function loadTimedScript({ admin }: RedisServer): Promise<(call: ScriptCall, time: ToldTime) => Promise<unknown>> {
  const { source } = loadLimitScript()
  for (const line of [TIME, TTL]) if (source.split(line).length !== 2) throw new Error(`not once in the script: ${line}`)
  const sha = (await admin.script('LOAD', source.replace(TIME, TOLD_TIME).replace(TTL, LONG_TTL))) as string
  return ({ keys, args }, { us }) => admin.evalsha(sha, keys.length, ...keys, ...args, Math.floor(us / 1e6), us % 1e6)
}
