import t from 'tap'
import { toLoadedModule } from '../../src/config/plugin-modules.ts'
import { jwt } from './fixtures.ts'

const cases: readonly (readonly [what: unknown, reason: string])[] = [
  [undefined, 'its default export is no plugin definition'],
  [{ ...jwt, name: 1 }, 'its default export is no plugin definition'],
  [{ ...jwt, phase: 'first' }, 'its phase is not one of edge, authenticate, authorize, limit, transform, respond, observe'],
  [{ ...jwt, order: '1' }, 'its order is no number'],
  [{ ...jwt, order: Number.NaN }, 'its order is no number'],
  [{ ...jwt, scopes: ['everywhere'] }, 'its scopes are not among global, upstream, route, consumer'],
  [{ ...jwt, schema: null }, 'it has no schema']
]

const load = (what: unknown) => toLoadedModule({ specifier: './one.ts', form: 'use' }, { default: what }, 'one')

t.test('a module that defines no plugin is told why', (t) => {
  for (const [what, reason] of cases) t.match(load(what), { kind: 'failed', reason })
  for (const order of [undefined, 1, -0.5]) t.equal(load({ ...jwt, order }).kind, 'definition', String(order))
  t.end()
})
