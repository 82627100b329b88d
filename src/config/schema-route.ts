import { Type, type TSchema } from '../plugin-api/schema.ts'
import { AuthenticationSchema } from './schema-consumers.ts'
import { Bulkhead, CircuitBreaker } from './schema-limits.ts'
import { CLOSED, Name, Regex, Text, TextList } from './schema-parts.ts'
import { RequestBuffer } from './schema-slow-clients.ts'

const FieldTestObject = Type.Object(
  {
    regex: Type.Optional(Regex('Regular expression that the whole value must match.')),
    present: Type.Optional(Type.Boolean({ description: '`true`: must be there, whatever its value; `false`: must not be there.' }))
  },
  { ...CLOSED, minProperties: 1, maxProperties: 1, description: 'Exactly one of `regex` and `present`.' }
)

const FieldTests = (description: string) => Type.Record(Type.String(), Type.Union([Type.String(), FieldTestObject]), { description, default: {} })

const Match = Type.Object(
  {
    path: Type.Optional(Text('Path pattern: `/api/orders`, `/orders/:id`, `/files/*`. Either this or `pathRegex`.')),
    pathRegex: Type.Optional(Regex('Regular expression that the whole path must match. Either this or `path`.')),
    methods: TextList('Request methods; empty: any.'),
    hosts: TextList('Host names, `*.example.com` included; empty: any.'),
    headers: FieldTests('Header fields that the request must have: a text is the exact value, or `{regex: …}`, `{present: true}`.'),
    query: FieldTests('Query parameters that the request must have; tests as for `headers`.')
  },
  { ...CLOSED, description: 'Which requests the route takes.' }
)

const ReplacePrefix = Type.Object(
  {
    from: Text('Prefix of the path that is taken off, such as `/api`.'),
    to: Text('What stands in its place, such as `/v2`.')
  },
  { ...CLOSED, description: 'Put another prefix in place of one.' }
)

const RegexRewrite = Type.Object(
  {
    match: Regex('Regular expression to look for in the path.'),
    replace: Type.String({ description: 'What stands in its place; `$1` or `$<name>` is a captured group.' })
  },
  { ...CLOSED, description: 'Rewrite the path by a regular expression.' }
)

const Rewrite = Type.Object(
  {
    stripPrefix: Type.Optional(Text('Take this prefix off the path, such as `/api`.')),
    replacePrefix: Type.Optional(ReplacePrefix),
    regex: Type.Optional(RegexRewrite)
  },
  { ...CLOSED, minProperties: 1, maxProperties: 1, description: 'How the path changes on its way to the upstream: exactly one of the three.' }
)

/** One entry of `routes`. */
export function routeSchema<P extends TSchema>(plugins: P) {
  return Type.Object(
    {
      name: Name('Unique name; the label of the route in metrics and logs.'),
      match: Match,
      upstream: Text('Name of the upstream that gets the requests.'),
      rewrite: Type.Optional(Rewrite),
      circuitBreaker: Type.Optional(CircuitBreaker),
      bulkhead: Type.Optional(Bulkhead),
      bufferRequestBody: Type.Optional(RequestBuffer({})),
      authentication: Type.Optional(AuthenticationSchema),
      plugins,
      priority: Type.Integer({
        description: 'Decides between routes that are equally specific; the higher one wins.',
        default: 0,
        minimum: -1000,
        maximum: 1000
      }),
      allowEncodedSlash: Type.Boolean({
        description: 'Let `%2F` stand in the path; such requests are refused with 400 otherwise.',
        default: false
      })
    },
    { ...CLOSED, description: 'A rule that sends matching requests to an upstream.' }
  )
}
