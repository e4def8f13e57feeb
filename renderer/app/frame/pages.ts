import type { IconName } from '../../ui/index.ts'
import { restoreSteps, type PageName, type Route } from '../router.ts'

export type PageEntry = { page: PageName; title: string; icon: IconName; key: string; route: Route }

const entry = (page: PageName, title: string, icon: IconName, key: string, route: Route): PageEntry => ({
  page,
  title,
  icon,
  key,
  route,
})

/** The rail, group by group, with the letter that follows `G`. */
export const pageGroups: readonly (readonly PageEntry[])[] = [
  [
    entry('overview', 'Overview', 'gauge', 'o', { page: 'overview', mode: 'list' }),
    entry('restore', 'Restore', 'archive-restore', 'r', { page: 'restore', step: restoreSteps[0] }),
  ],
  [
    entry('backups', 'Backups', 'layers', 'b', { page: 'backups', mode: 'list' }),
    entry('plans', 'Plans', 'calendar-clock', 'p', { page: 'plans', mode: 'list' }),
    entry('servers', 'Servers', 'server', 's', { page: 'servers', mode: 'list' }),
  ],
  [
    entry('runs', 'Runs', 'activity', 'u', { page: 'runs', mode: 'list' }),
    entry('proofs', 'Proofs', 'file-check-2', 'f', { page: 'proofs', mode: 'list' }),
  ],
]
export const settingsPage = entry('settings', 'Settings', 'sliders-horizontal', 'e', { page: 'settings' })
export const allPages: readonly PageEntry[] = [...pageGroups.flat(), settingsPage]
