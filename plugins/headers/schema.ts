import { Type } from '../../src/plugin-api/index.ts'

const values = (description: string) => Type.Record(Type.String(), Type.String(), { description, default: {} })

const edits = (description: string) =>
  Type.Object(
    {
      set: values('Fields to set, instead of what is there.'),
      add: values('Fields to add to what is there.'),
      remove: Type.Array(Type.String(), { description: 'Fields to remove.', default: [] })
    },
    { description, additionalProperties: false, default: {} }
  )

export const schema = Type.Object(
  {
    request: edits('Changes of the request on its way to the upstream.'),
    response: edits('Changes of the answer on its way to the client.')
  },
  { additionalProperties: false }
)
