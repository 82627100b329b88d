import { Size, Type } from '../../src/plugin-api/index.ts'

export const schema = Type.Object(
  {
    max: Size({ description: 'Longest request body. It can only be lower than `limits.body`, which holds for all routes.', default: '1MiB' })
  },
  { additionalProperties: false }
)
