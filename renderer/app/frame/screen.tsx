import { BackupsScreen } from '../../features/backups/index.ts'
import { OverviewScreen } from '../../features/overview/index.ts'
import { PlansScreen } from '../../features/plans/index.ts'
import { ProofsScreen } from '../../features/proofs/index.ts'
import { RestoreScreen } from '../../features/restore/index.ts'
import { RunsScreen } from '../../features/runs/index.ts'
import { ServersScreen } from '../../features/servers/index.ts'
import { SettingsScreen } from '../../features/settings/index.ts'
import { SitesScreen } from '../../features/site/index.ts'
import { SwitchScreen } from '../../features/switch/index.ts'
import type { Route } from '../router.ts'

/** The page of a route. */
export function Screen({ route }: { route: Route }) {
  switch (route.page) {
    case 'overview':
      return <OverviewScreen route={route} />
    case 'restore':
      return <RestoreScreen route={route} />
    case 'backups':
      return <BackupsScreen route={route} />
    case 'plans':
      return <PlansScreen route={route} />
    case 'servers':
      return <ServersScreen route={route} />
    case 'runs':
      return <RunsScreen route={route} />
    case 'proofs':
      return <ProofsScreen route={route} />
    case 'sites':
      return <SitesScreen route={route} />
    case 'switch':
      return <SwitchScreen route={route} />
    case 'settings':
      return <SettingsScreen route={route} />
  }
}
