import type { RouteOf } from '../../app/router.ts'
import { RunList } from './run-list.tsx'
import { RunShow } from './run-show.tsx'

export function RunsScreen({ route }: { route: RouteOf<'runs'> }) {
  return route.mode === 'show' ? <RunShow key={route.name} id={route.name} /> : <RunList route={route} />
}
