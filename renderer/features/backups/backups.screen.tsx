import type { RouteOf } from '../../app/router.ts'
import { Empty, PageBody, PageHeader } from '../../ui/index.ts'

export function BackupsScreen({ route }: { route: RouteOf<'backups'> }) {
  return (
    <>
      <PageHeader title="Backups" />
      <PageBody>
        <Empty title={`Nothing on ${route.page} yet.`} page />
      </PageBody>
    </>
  )
}
