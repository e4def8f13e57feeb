import type { RouteOf } from '../../app/router.ts'
import { ProofList } from './proof-list.tsx'
import { ProofShow } from './proof-show.tsx'

export function ProofsScreen({ route }: { route: RouteOf<'proofs'> }) {
  return route.mode === 'show' ? <ProofShow key={route.name} id={route.name} /> : <ProofList route={route} />
}
