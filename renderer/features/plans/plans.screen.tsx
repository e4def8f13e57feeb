import type { RouteOf } from '../../app/router.ts'
import { Empty, PageBody, PageHeader } from '../../ui/index.ts'

export function PlansScreen({ route }: { route: RouteOf<'plans'> }) {
  return (
    <>
      <PageHeader title="Plans" />
      <PageBody>
        <Empty title={`Nothing on ${route.page} yet.`} page />
      </PageBody>
    </>
  )
}
