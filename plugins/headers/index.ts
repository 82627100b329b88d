import { definePlugin, type GatewayRequest } from '../../src/plugin-api/index.ts'
import { editIssues, type Edits } from './check-edits.ts'
import { schema } from './schema.ts'
import { compileTemplate, type Template } from './template.ts'

export default definePlugin({
  name: 'headers',
  phase: 'transform',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  stacks: true,
  schema,

  check: (config, context) => [...editIssues(config.request, ['request'], context), ...editIssues(config.response, ['response'], context)],

  register(app, config, deps) {
    const request = compileEdits(config.request)
    const response = compileEdits(config.response)
    if (request.length > 0) {
      app.addHook('onRequest', (incoming, _reply, done) => {
        const { gateway } = incoming
        for (const edit of request) applyToRequest(gateway, edit)
        done()
      })
    }
    if (response.length > 0) {
      deps.onResponseHead(({ gateway }, head) => {
        for (const { kind, name, value } of response) {
          if (kind === 'remove') head.remove(name)
          else head[kind](name, value(gateway))
        }
      })
    }
  }
})

type Edit = { readonly kind: 'remove' | 'set' | 'add'; readonly name: string; readonly value: Template }

/** Removals first, so that a field may be removed and set anew. */
function compileEdits(edits: Edits): readonly Edit[] {
  const valued = (kind: 'set' | 'add') =>
    Object.entries(edits[kind]).map(([name, text]) => ({ kind, name: name.toLowerCase(), value: compileTemplate(text) }))
  return [...edits.remove.map((name) => ({ kind: 'remove' as const, name: name.toLowerCase(), value: () => '' })), ...valued('set'), ...valued('add')]
}

function applyToRequest(gateway: GatewayRequest, { kind, name, value }: Edit): void {
  if (kind === 'remove') gateway.removeRequestHeader(name)
  else if (kind === 'set') gateway.setRequestHeader(name, value(gateway))
  else gateway.addRequestHeader(name, value(gateway))
}
