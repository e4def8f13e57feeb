import type { RouteOf } from '../../app/router.ts'
import { Empty, PageBody, PageHeader } from '../../ui/index.ts'

export function ProofsScreen({ route }: { route: RouteOf<'proofs'> }) {
  return (
    <>
      <PageHeader title="Proofs" />
      <PageBody>
        <Empty title={`Nothing on ${route.page} yet.`} page />
      </PageBody>
    </>
  )
}
