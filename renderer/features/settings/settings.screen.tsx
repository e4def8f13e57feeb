import type { RouteOf } from '../../app/router.ts'
import { Empty, PageBody, PageHeader } from '../../ui/index.ts'

export function SettingsScreen({ route }: { route: RouteOf<'settings'> }) {
  return (
    <>
      <PageHeader title="Settings" />
      <PageBody>
        <Empty title={`Nothing on ${route.page} yet.`} page />
      </PageBody>
    </>
  )
}
