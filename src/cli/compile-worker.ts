// The thread of `CompileThread`: stands back before it does anything, for loading its modules is a good part of its work.
import { standBack } from '../system/stand-back.ts'

standBack()
await import('./compile-orders.ts')
