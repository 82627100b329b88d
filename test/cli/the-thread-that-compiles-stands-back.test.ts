import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import t from 'tap'
import { builtinPlugins } from '../../plugins/index.ts'
import { CompileThread } from '../../src/cli/compile-thread.ts'
import { temporaryFolder } from '../support/gateway-process.ts'

/** Of each thread of this process by its id, proc(5): the nineteenth value, of which the second may hold blanks. */
function niceValues(): ReadonlyMap<string, number> {
  return new Map(
    readdirSync('/proc/self/task').map((task) => {
      const stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8')
      return [task, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])]
    })
  )
}

t.test(
  'on a core that it shares, the thread that compiles lets those go first that serve',
  { skip: process.platform !== 'linux' && 'Linux alone' },
  async (t) => {
    const folder = temporaryFolder(t, { 'gateway.yaml': 'version: 1\nlisteners: [{ address: "127.0.0.1:0" }]\nroutes: []\nupstreams: {}\n' })
    const [own, before] = [getPriority(), niceValues()]
    const thread = new CompileThread()
    t.teardown(() => thread.end())
    await thread.load({ file: `${folder}/gateway.yaml`, displayName: 'gateway.yaml', env: {} }, builtinPlugins)
    const modest = [...niceValues()].filter(([task, nice]) => nice > own && !before.has(task))
    t.equal(modest.length, 1)
    t.equal(getPriority(), own, 'and it alone')
  }
)
