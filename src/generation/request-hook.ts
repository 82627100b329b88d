import type { FastifyInstance, FastifyRequest } from 'fastify'
import { exchangeOf } from './exchange-slot.ts'

type Hook = (this: unknown, request: FastifyRequest, reply: unknown, third: unknown, fourth: unknown) => unknown

/** Hooks that run before the request is forwarded; only there can a plugin answer in the upstream's place. */
const REQUEST_HOOKS: ReadonlySet<string> = new Set(['onRequest', 'preParsing', 'preValidation', 'preHandler'])

/**
 * Runs `register` with an `app` whose request hooks note the plugin's name in the decision before they do anything, so that a
 * refusal or a failure can be laid at the right door. Costs one property write per hook.
 */
export async function withNamedHooks(app: FastifyInstance, plugin: string, register: () => Promise<void>): Promise<void> {
  // Called below with whichever context it is looked up on.
  // oxlint-disable-next-line typescript/unbound-method
  const addHook = app.addHook
  app.addHook = function (this: FastifyInstance, name: string, fn: Hook) {
    return addHook.call(this, name as 'onRequest', (REQUEST_HOOKS.has(name) && !isMistaken(name, fn) ? named(plugin, fn) : fn) as never)
  } as typeof app.addHook
  try {
    await register()
    // What the plugin registered without awaiting must still find the wrapped method.
    await app.after()
  } finally {
    app.addHook = addHook
  }
}

/** `done` for all hooks but `preParsing`, which has the payload before it. */
function named(plugin: string, fn: Hook): Hook {
  return function (request, reply, third, fourth) {
    exchangeOf(request.raw).decision.plugin = plugin
    return fn.call(this, request, reply, third, fourth)
  }
}

/** An async hook that also calls back; it is left as it is for Fastify to refuse. */
function isMistaken(name: string, fn: Hook): boolean {
  return fn.constructor.name === 'AsyncFunction' && fn.length > (name === 'preParsing' ? 3 : 2)
}
