import type { RouteOf } from '../../app/router.ts'
import { Empty, PageBody, PageHeader } from '../../ui/index.ts'

export function RestoreScreen({ route }: { route: RouteOf<'restore'> }) {
  return (
    <>
      <PageHeader title="Restore" />
      <PageBody>
        <Empty title={`Nothing on ${route.page} yet.`} page />
      </PageBody>
    </>
  )
}
