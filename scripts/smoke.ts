// Does what a newcomer does: `npm start`, then the three commands that it prints, then Ctrl-C. Exit code 0 when the shop
// answered as promised and nothing was left behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const startLimitMs = 60_000
const stopLimitMs = 30_000
const quietMs = 1_000

interface Expectation {
  readonly what: string
  readonly statuses: readonly number[]
  readonly body?: RegExp
}

/** What the printed commands must give, in their order. */
const expectations: readonly Expectation[] = [
  { what: 'a public read', statuses: [200] },
  { what: 'an order by a signed-in customer', statuses: [200, 201], body: /"status"\s*:\s*"confirmed"/ },
  { what: 'an order without a token', statuses: [401] }
]

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

const lines: string[] = []
let started: readonly Process[] = []
// A group of its own, as a shell gives to what runs in its foreground: Ctrl-C reaches all of it, npm's shell included.
const demo = spawn('npm', ['start'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
const exited = once(demo, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
const group = demo.pid
if (group === undefined) throw new Error('npm could not be started')

try {
  const commands = await printedCommands()
  for (const [index, expectation] of expectations.entries()) await checkCommand(commands[index] ?? '', expectation)
  await stop()
  console.log('smoke: passed')
} catch (error) {
  console.error(`smoke: ${error instanceof Error ? error.message : String(error)}`)
  console.error(lines.map((line) => `  | ${line}`).join('\n'))
  process.exitCode = 1
} finally {
  for (const { pid } of [...descendantsOf(group), ...started].filter(isAlive)) process.kill(pid, 'SIGKILL')
  if (demo.exitCode === null) demo.kill('SIGKILL')
}

/** Waits until the demo has printed its commands and is quiet; a command may go over several lines with `\`. */
async function printedCommands(): Promise<readonly string[]> {
  const reader = createInterface({ input: demo.stdout })
  let lastLineAt = Infinity
  reader.on('line', (line) => {
    lines.push(line)
    lastLineAt = performance.now()
  })
  const deadline = performance.now() + startLimitMs
  const isComplete = (): boolean => commandsIn(lines).length >= expectations.length && performance.now() - lastLineAt > quietMs
  while (!isComplete()) {
    if (demo.exitCode !== null) throw new Error(`npm start ended with ${demo.exitCode}`)
    if (performance.now() > deadline)
      throw new Error(`npm start printed ${commandsIn(lines).length} of ${expectations.length} commands in ${startLimitMs} ms`)
    await sleep(50)
  }
  return commandsIn(lines)
}

function commandsIn(printed: readonly string[]): readonly string[] {
  return printed
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim().replace(/^\$ /, ''))
    .filter((line) => line.startsWith('curl '))
}

async function checkCommand(command: string, { what, statuses, body }: Expectation): Promise<void> {
  const marker = '\nsmoke-status:'
  const asked = spawn('bash', ['-c', command.replace(/^curl /, `curl --silent --show-error --max-time 20 --write-out '${marker}%{http_code}' `)], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let text = ''
  asked.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  await once(asked, 'close')
  const [answer = '', status = ''] = text.split(marker)
  if (!statuses.includes(Number(status)) || (body !== undefined && !body.test(answer))) {
    throw new Error(
      `${what} gave ${status || 'no answer'}, expected ${statuses.join(' or ')}${body === undefined ? '' : ` with ${body}`}\n${command}\n${answer}`
    )
  }
  console.log(`smoke: ${what}: ${status}`)
}

async function stop(): Promise<void> {
  started = descendantsOf(group as number)
  // To the gateway itself: npm and its shell would end by the signal at once, and its exit code would be lost with them.
  const gateway = started.find(({ command }) => command.includes('src/main.ts') && !command.startsWith('sh '))
  process.kill(gateway?.pid ?? -(group as number), 'SIGINT')
  const ended = await Promise.race([exited, sleep(stopLimitMs, null, { ref: false })])
  if (ended === null) throw new Error(`SIGINT did not end it within ${stopLimitMs} ms`)
  const [code, signal] = ended
  const left = started.filter(isAlive)
  if (left.length > 0) throw new Error(`left behind: ${left.map(({ pid, command }) => `${pid} ${command}`).join(', ')}`)
  if (code !== 0) throw new Error(`SIGINT ended it with ${code ?? signal}, expected 0`)
  console.log(`smoke: ended by SIGINT with exit code 0, none of its ${started.length} processes left`)
}

/** Live processes, as /proc shows them; none where there is no /proc, so that what is left behind is looked for on Linux only. */
function processes(): readonly Process[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), command }]
      } catch {
        // It ended while we looked.
        return []
      }
    })
}

function descendantsOf(id: number): readonly Process[] {
  const all = processes()
  const below = (parent: number): Process[] => all.flatMap((one) => (one.parent === parent ? [one, ...below(one.pid)] : []))
  return below(id)
}

/** The command too, as numbers of processes are used again. */
function isAlive({ pid, command }: Process): boolean {
  return processes().some((one) => one.pid === pid && one.command === command)
}
