import fc from '../support/property.ts'
import type { FieldTest, RouteFacts, RouteMatch } from '../../src/routing/types.ts'
import { factsOf, type RouteInput, routesOf } from './kit.ts'

/** Small alphabets, so that routes and requests meet often and failures shrink to something readable. */
const literal = fc.constantFrom('a', 'b', 'ab')
const host = fc.constantFrom('x.test', 'a.x.test', '*.x.test', '*.a.x.test', '*.test')

const pattern = fc.tuple(fc.array(fc.oneof(literal, fc.constant(':')), { maxLength: 3 }), fc.constantFrom('', '/*', '/')).map(([segments, tail]) => {
  const named = segments.map((segment, index) => (segment === ':' ? `/:p${index}` : `/${segment}`)).join('')
  return named + tail === '' ? '/' : named + tail
})

const regex = fc.constantFrom('/a/[ab]+', '/a/b.*', '/[ab]', '/(?<id>[ab]+)/b', '/a.*', '.*b', '/ab/(?<id>a|b)?', '/(?:a|b)/.*')

function fieldTest(name: string): fc.Arbitrary<FieldTest> {
  return fc.oneof(
    fc.constantFrom('1', '2').map((value): FieldTest => ({ kind: 'equals', name, value })),
    fc.constant<FieldTest>({ kind: 'present', name }),
    fc.constant<FieldTest>({ kind: 'absent', name }),
    fc.constantFrom('[12]', '1+').map((source): FieldTest => ({ kind: 'regex', name, source }))
  )
}

const fieldTests = fc
  .tuple(fc.option(fieldTest('v'), { nil: undefined }), fc.option(fieldTest('w'), { nil: undefined }))
  .map((tests) => tests.filter((test) => test !== undefined))

const none: readonly FieldTest[] = []

const routeInput: fc.Arbitrary<RouteInput> = fc
  .record({
    path: fc.oneof({ weight: 4, arbitrary: pattern.map((path) => ({ path })) }, { weight: 1, arbitrary: regex.map((source) => ({ regex: source })) }),
    hosts: fc.oneof(
      { weight: 3, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.uniqueArray(host, { minLength: 1, maxLength: 2 }) }
    ),
    methods: fc.oneof(
      { weight: 2, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom('GET', 'HEAD', 'POST'), { minLength: 1 }) }
    ),
    headers: fc.oneof({ weight: 4, arbitrary: fc.constant(none) }, { weight: 1, arbitrary: fieldTests }),
    query: fc.oneof({ weight: 4, arbitrary: fc.constant(none) }, { weight: 1, arbitrary: fieldTests }),
    priority: fc.constantFrom(0, 0, 0, 1)
  })
  .map(({ path, ...rest }) => ({ ...path, ...rest }))

/** Named r0, r1 …, which keeps their names unique. */
export const routeSet: fc.Arbitrary<readonly RouteMatch[]> = fc
  .array(routeInput, { maxLength: 7 })
  .map((inputs) => routesOf(...inputs.map((input, index) => ({ ...input, name: `r${index}` }))))

export interface Request {
  readonly path: string
  readonly host: string
  readonly method: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
}

const segment = fc.constantFrom('a', 'b', 'ab', 'c')

/** Paths in a plain spelling, except perhaps for a trailing slash. */
export const request: fc.Arbitrary<Request> = fc.record({
  path: fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '', '/'))
    .map(([segments, slash]) => `/${segments.join('/')}${slash}`),
  host: fc.constantFrom('x.test', 'a.x.test', 'b.a.x.test', 'test', 'other', ''),
  method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT'),
  query: fc.constantFrom('', 'v=1', 'w=2', 'v=2&v=1', 'v=1&w=1'),
  headers: fc.constantFrom({}, { v: '1' }, { v: '2', w: '1' }, { v: '11' })
})

export function requestFacts({ path, ...rest }: Request): RouteFacts {
  return factsOf(path, rest)
}

/** Runs of each property; thousands, because they take microseconds. A failure prints its seed. */
export const many = { numRuns: 5000 }
