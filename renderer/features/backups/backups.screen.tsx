import type { RouteOf } from '../../app/router.ts'
import { BrowsePage } from './browse-page.tsx'
import { PointsPage } from './points-page.tsx'
import { TrashPage } from './trash-page.tsx'

/** Restore points across servers, what is inside one, and the trash. */
export function BackupsScreen({ route }: { route: RouteOf<'backups'> }) {
  switch (route.mode) {
    case 'list':
      return <PointsPage route={route} />
    case 'trash':
      return <TrashPage />
    case 'show':
      return <BrowsePage key={`${route.server}/${route.point}`} route={route} />
  }
}
