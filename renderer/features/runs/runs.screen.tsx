import type { RouteOf } from '../../app/router.ts'
import { Empty, PageBody, PageHeader } from '../../ui/index.ts'

export function RunsScreen({ route }: { route: RouteOf<'runs'> }) {
  return (
    <>
      <PageHeader title="Runs" />
      <PageBody>
        <Empty title={`Nothing on ${route.page} yet.`} page />
      </PageBody>
    </>
  )
}
