import type { ServiceContext } from './context.ts'
import type { HandlersOf } from './handlers.ts'
import { unbound } from './unbound.ts'

export function proofHandlers(_ctx: ServiceContext): HandlersOf<'proof'> {
  return { 'proof.list': async () => ({ proofs: [] }), 'proof.show': unbound('proof.show') }
}
