import { Duration, Type, type Static } from '../../src/plugin-api/index.ts'

const Names = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })
const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()])
const Scalars = Type.Array(Scalar, { minItems: 1 })

const CLOSED = { additionalProperties: false } as const

/** A plain list, or one that says how much of it is needed. */
const list = (description: string) =>
  Type.Union(
    [
      Names,
      Type.Object({ any: Type.Array(Type.String({ minLength: 1 }), { description: 'One of them is enough.', minItems: 1 }) }, CLOSED),
      Type.Object({ all: Type.Array(Type.String({ minLength: 1 }), { description: 'Each of them is needed.', minItems: 1 }) }, CLOSED)
    ],
    { description }
  )

const ClaimCondition = Type.Union([
  Scalar,
  Scalars,
  Type.Object(
    {
      equals: Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Boolean()], { description: 'The claim is this value.' })),
      contains: Type.Optional(
        Type.Union([Type.String(), Type.Number(), Type.Boolean()], { description: 'The claim is a list that has this value.' })
      ),
      any: Type.Optional(Type.Array(Scalar, { description: 'The claim is, or its list has, one of these values.', minItems: 1 })),
      all: Type.Optional(Type.Array(Scalar, { description: 'The list of the claim has each of these values.', minItems: 1 }))
    },
    { ...CLOSED, minProperties: 1 }
  )
])

const rule = {
  scopes: Type.Optional(list('Scopes of the token, from `scope` or `scp`. A plain list: all of them.')),
  roles: Type.Optional(list('Roles of the token, from `rolesClaim`. A plain list: one of them.')),
  groups: Type.Optional(list('Groups of the consumer. A plain list: one of them.')),
  claims: Type.Optional(
    Type.Record(Type.String({ pattern: '^.+$' }), ClaimCondition, {
      ...CLOSED,
      description: 'Claim (dot path) to its value, a list of possible values, or conditions. All claims must fit.',
      minProperties: 1
    })
  ),
  consumers: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Names of consumers; one of them.', minItems: 1 })),
  match: Type.Optional(Type.Enum(['all', 'any'], { description: 'Whether each kind of condition must hold or one is enough. Default all.' }))
}

export const RuleSchema = Type.Object(rule, CLOSED)

export const OpaSchema = Type.Object(
  {
    url: Type.String({ description: 'Decision of the data API, such as `http://127.0.0.1:8181/v1/data/shop/allow`.', minLength: 1 }),
    timeout: Duration({ description: 'For the whole answer; then there is none.', default: '1s' }),
    failOpen: Type.Boolean({ description: 'Let requests in while OPA gives no answer.', default: false }),
    cache: Duration({ description: 'How long a decision counts for equal questions; 0s asks each time.', default: '0s' }),
    headers: Type.Array(Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }), { description: 'Request fields that OPA is told.', default: [] })
  },
  { ...CLOSED, description: 'Asks an Open Policy Agent, after the rule has let the request in.' }
)

export const schema = Type.Object(
  {
    ...rule,
    rolesClaim: Type.String({ description: 'Claim (dot path) with the roles: a list or one text.', default: 'roles', minLength: 1 }),
    methods: Type.Record(Type.String({ pattern: '^[A-Z][A-Z-]*$' }), RuleSchema, {
      // Without it a method in lower case would be taken, and never apply.
      ...CLOSED,
      description: 'Conditions that replace those of the same kind for one method. Those of GET hold for HEAD, unless HEAD has its own.',
      default: {}
    }),
    opa: Type.Optional(OpaSchema)
  },
  CLOSED
)

export type Rule = Static<typeof RuleSchema>
export type OpaConfig = Static<typeof OpaSchema>
export type AuthorizeConfig = Static<typeof schema>
export type NameList = NonNullable<Rule['groups']>
export type ClaimRule = NonNullable<Rule['claims']>[string]
