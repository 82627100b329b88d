import { parseArgs } from 'node:util'
import type { Amounts } from './measure/context.ts'

export const HELP = `Usage: npm run bench -- [OPTIONS]

Measures the gateway beside other proxies, and prints a table. JSON, Markdown and SVG go to bench/results/, after each case.

  --quick              the small GET with six contestants, in less than two minutes
  --cases A,B          only these cases
  --contestants A,B    only these contestants
  --rounds N           fresh processes of each contestant (default 3)
  --seconds N          of load that counts, in each round (default 4; 1.2 with --quick)
  --warm-up N          seconds of load before that, for programs that are compiled while they run (default 15; 1.2 with --quick)
  --check              only whether the answers are right, once each
  --no-wrk             without wrk, also where it is on the PATH
  --out DIR            where the results go
  --help               this text
`

const TRIES = 6

/** With the small GET; all others are left out by --quick. */
const QUICK_CASES = ['get']
const QUICK_CONTESTANTS = ['floor', 'sallyport', 'sallyport-standard', 'default-http-proxy', 'nginx', 'caddy']
/** No further round is begun later than this: one takes about half as long. */
const QUICK_SECONDS = 74

export interface Options {
  readonly cases: readonly string[]
  readonly contestants: readonly string[]
  readonly rounds: number
  readonly amounts: Amounts
  readonly isQuick: boolean
  readonly isCheckOnly: boolean
  readonly lastRoundAfterSeconds: number
  readonly out: string | null
}

/** A mistake on the command line. */
export class OptionError extends Error {}

export interface Known {
  readonly cases: readonly string[]
  readonly contestants: readonly string[]
}

/** Null when the help is asked for. @throws OptionError */
export function readOptions(args: readonly string[], known: Known): Options | null {
  const values = parse(args)
  if (values.help) return null
  const isQuick = values.quick
  const seconds = positive('--seconds', values.seconds ?? (isQuick ? '1.2' : '4'))
  const warmUpSeconds = positive('--warm-up', values['warm-up'] ?? (isQuick ? '1.2' : '15'))
  const rounds = positive('--rounds', values.rounds ?? '3')
  if (!Number.isInteger(rounds)) throw new OptionError('--rounds: a whole number is expected')
  return {
    cases: chosen('--cases', values.cases, isQuick ? QUICK_CASES : known.cases, known.cases),
    contestants: chosen('--contestants', values.contestants, isQuick ? QUICK_CONTESTANTS : known.contestants, known.contestants),
    rounds: values.check ? 1 : rounds,
    amounts: { seconds, warmUpSeconds, latencySeconds: isQuick ? 1 : seconds, wrk: !values['no-wrk'], tries: isQuick ? 1 : TRIES },
    isQuick,
    isCheckOnly: values.check,
    lastRoundAfterSeconds: isQuick ? QUICK_SECONDS : Infinity,
    out: values.out ?? null
  }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        'no-wrk': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
        cases: { type: 'string' },
        contestants: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        'warm-up': { type: 'string' },
        out: { type: 'string' }
      }
    })
    return values
  } catch (error) {
    throw new OptionError((error as Error).message)
  }
}

export function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0) || value === Infinity) throw new OptionError(`${name}: a number above 0 is expected, not ${JSON.stringify(text)}`)
  return value
}

/** In the order of all, whatever the order they were asked for in. */
function chosen(option: string, text: string | undefined, usual: readonly string[], all: readonly string[]): readonly string[] {
  if (text === undefined) return usual
  const wanted = text.split(',').map((one) => one.trim())
  const unknown = wanted.find((one) => !all.includes(one))
  if (unknown !== undefined) throw new OptionError(`${option}: there is no ${JSON.stringify(unknown)} among ${all.join(', ')}`)
  return all.filter((one) => wanted.includes(one))
}
