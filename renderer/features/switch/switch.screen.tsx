import type { RouteOf } from '../../app/router.ts'
import { SwitchList } from './switch-list.tsx'
import { SwitchNew } from './switch-new.tsx'
import { SwitchPage } from './switch-page.tsx'

export function SwitchScreen({ route }: { route: RouteOf<'switch'> }) {
  switch (route.mode) {
    case 'list':
      return <SwitchList />
    case 'new':
      return <SwitchNew key={JSON.stringify(route.query)} query={route.query ?? {}} />
    case 'show':
      return <SwitchPage key={route.name} id={route.name} query={route.query ?? {}} />
  }
}
