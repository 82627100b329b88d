import type { FastifyInstance, FastifyRequest } from 'fastify'
import { exchangeOf } from './exchange-slot.ts'

type Hook = (this: unknown, request: FastifyRequest, reply: unknown, done: unknown) => unknown

/** Hooks that run before the request is forwarded; only there can a plugin answer in the upstream's place. */
const REQUEST_HOOKS: ReadonlySet<string> = new Set(['onRequest', 'preParsing', 'preValidation', 'preHandler'])

/**
 * Runs `register` with an `app` whose request hooks note the plugin's name in the decision before they do anything, so that a
 * refusal or a failure can be laid at the right door. Costs one property write per hook.
 */
export async function withNamedHooks (app: FastifyInstance, plugin: string, register: () => Promise<void>): Promise<void> {
  const addHook = app.addHook
  app.addHook = function (this: FastifyInstance, name: string, fn: Hook) {
    return addHook.call(this, name as 'onRequest', (REQUEST_HOOKS.has(name) && name !== 'preParsing' ? named(plugin, fn) : fn) as never)
  } as typeof app.addHook
  try {
    await register()
    // What the plugin registered without awaiting must still find the wrapped method.
    await app.after()
  } finally {
    app.addHook = addHook
  }
}

function named (plugin: string, fn: Hook): Hook {
  return function (request, reply, done) {
    exchangeOf(request.raw).decision.plugin = plugin
    return fn.call(this, request, reply, done)
  }
}
