import type { RouteOf } from '../../app/router.ts'
import { Empty, PageBody, PageHeader } from '../../ui/index.ts'

export function OverviewScreen({ route }: { route: RouteOf<'overview'> }) {
  return (
    <>
      <PageHeader title="Overview" />
      <PageBody>
        <Empty title={`Nothing on ${route.page} yet.`} page />
      </PageBody>
    </>
  )
}
