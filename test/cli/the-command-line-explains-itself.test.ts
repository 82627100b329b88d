import t from 'tap'
import { readFileSync } from 'node:fs'
import { cli } from '../support/cli.ts'

const COMMANDS = ['start', 'check', 'routes', 'explain', 'schema', 'token', 'demo']
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }

t.test('the command line explains itself', async (t) => {
  const help = await cli(['--help'], '.')
  t.equal(help.code, 0)
  for (const name of COMMANDS) t.match(help.out, new RegExp(`^  ${name} +\\S`, 'm'))
  t.same(await cli(['help'], '.'), help)
  t.same(await cli([], '.'), { ...help, code: 64 })
  t.same(await cli(['--version'], '.'), { code: 0, out: `${version}\n`, err: '' })

  for (const name of COMMANDS) {
    const one = await cli([name, '--help'], '.')
    t.equal(one.code, 0)
    t.match(one.out, new RegExp(`^Usage: sallyport ${name}\\b`))
    t.same(await cli([name, 'FILE', '-h'], '.'), one)
  }
})

t.test('a mistake on the command line is told with the usage and ends with 64', async (t) => {
  const mistakes: [args: string[], told: RegExp][] = [
    [['strat'], /^sallyport: there is no command "strat"\n\nUsage: sallyport COMMAND/],
    [['check'], /^sallyport check: missing FILE\n\nUsage: sallyport check/],
    [['check', 'a.yaml', '--formt', 'json'], /^sallyport check: .*--formt/],
    [['check', 'a.yaml', '--format', 'xml'], /^sallyport check: --format is text or json/],
    [['routes', 'a.yaml', '--format', 'xml'], /^sallyport routes: --format is text or json/],
    [['routes', 'a.yaml', 'b.yaml'], /^sallyport routes: unexpected "b.yaml"/],
    [['explain', 'a.yaml', 'GET'], /^sallyport explain: missing URL/],
    [['explain', 'a.yaml', 'GET', '/', '-H', 'no colon'], /^sallyport explain: -H "no colon": expected 'name: value'/],
    [['token'], /^sallyport token: missing --config FILE/],
    [['token', '-c', 'a.yaml', '--expires', 'soon'], /^sallyport token: --expires is a duration/],
    [['schema', 'a.yaml'], /^sallyport schema: unexpected "a.yaml"/],
    [['start', 'a.yaml'], /^sallyport start: unexpected "a.yaml"/]
  ]
  for (const [args, told] of mistakes) {
    const { code, out, err } = await cli(args, '.')
    t.same({ code, out }, { code: 64, out: '' }, args.join(' '))
    t.match(err, told)
  }
})
