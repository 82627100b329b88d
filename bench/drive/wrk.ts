// The same closed loop by another program, as a check on the driver of our own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClosedLoop, ClosedLoopResult } from './closed-loop.ts'
import { originOf, type BenchRequest, type Target } from './request.ts'

/** On `core`, when it is said; else where this process runs. @throws when anything but a 200 comes back */
export async function wrk(
  folder: string,
  target: Target,
  requests: readonly BenchRequest[],
  load: ClosedLoop,
  core: number | null = null
): Promise<ClosedLoopResult> {
  const script = join(folder, `wrk-${core ?? 'here'}.lua`)
  writeFileSync(script, scriptOf(requests))
  const args = ['-t1', `-c${load.connections}`, `-d${Math.max(1, Math.round(load.seconds))}s`, '--timeout', '20s', '-s', script, originOf(target)]
  const [program, ...rest] = core === null ? ['wrk', ...args] : ['taskset', '-c', String(core), 'wrk', ...args]
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`wrk ended with ${code}`)
  return parseWrk(text)
}

/** What the script prints at its end. @throws when answers were wrong or missing */
export function parseWrk(text: string): ClosedLoopResult {
  const [, fields = ''] = /^bench (.*)$/m.exec(text) ?? []
  const [answers = 0, micros = 0, p50 = 0, p99 = 0, p999 = 0, max = 0, bad = Number.NaN] = fields.split(' ').map(Number)
  if (bad !== 0 || answers === 0) throw new Error(`wrk saw ${bad} wrong or missing answers among ${answers}`)
  return { answers, seconds: micros / 1e6, latency: { p50: p50 / 1000, p99: p99 / 1000, p999: p999 / 1000, max: max / 1000 } }
}

/** Numbers go through `%.0f`: Lua prints large ones as powers of ten. */
export function scriptOf(requests: readonly BenchRequest[]): string {
  const lines = requests.map(({ method, path, headers, body }, index) => {
    const fields = Object.entries(headers).map(([name, value]) => `[${quote(name)}]=${quote(value)}`)
    return `made[${index + 1}] = wrk.format(${quote(method)}, ${quote(path)}, {${fields.join(',')}}, ${body === null ? 'nil' : quote(body.toString('latin1'))})`
  })
  return `local made = {}
local at = 0
function init(args)
${lines.join('\n')}
end
function request()
  at = at % #made + 1
  return made[at]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("bench %.0f %.0f %.0f %.0f %.0f %.0f %.0f\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), latency:percentile(99.9), latency.max, e.connect + e.read + e.write + e.status + e.timeout))
end
`
}

function quote(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return `"${text.replaceAll(/[\u0000-\u001f"\\\u007f-\u00ff]/g, (one) => `\\${String(one.charCodeAt(0)).padStart(3, '0')}`)}"`
}
