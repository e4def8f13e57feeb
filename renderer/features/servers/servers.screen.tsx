import type { RouteOf } from '../../app/router.ts'
import { Empty, PageBody, PageHeader } from '../../ui/index.ts'

export function ServersScreen({ route }: { route: RouteOf<'servers'> }) {
  return (
    <>
      <PageHeader title="Servers" />
      <PageBody>
        <Empty title={`Nothing on ${route.page} yet.`} page />
      </PageBody>
    </>
  )
}
