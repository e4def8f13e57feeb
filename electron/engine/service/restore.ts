import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { unbound } from './unbound.ts'

export function restoreHandlers(_ctx: ServiceContext): HandlersOf<'restore'> {
  return {
    'restore.preflight': unbound('restore.preflight'),
    'restore.preview': unbound('restore.preview'),
    'restore.start': unbound('restore.start'),
  }
}
