import { useStore } from 'zustand'
import { damagedListOf } from '../../../shared/state-list.ts'
import { useStores } from '../../app/app-context.tsx'
import { ListTrouble } from '../../app/parts/list-trouble.tsx'
import { href, type RouteOf } from '../../app/router.ts'
import { Empty, LinkButton, PageBody, PageHeader } from '../../ui/index.ts'
import { NoPlans } from './no-plans.tsx'
import { PlanEditor } from './plan-editor.tsx'
import { PlanList } from './plan-list.tsx'

/** What is backed up, when and where to. */
export function PlansScreen({ route }: { route: RouteOf<'plans'> }) {
  const { plans, servers, systems, about } = useStores()
  const value = useStore(plans, state => state.value)
  const known = useStore(servers, state => state.value)
  const kept = useStore(systems, state => state.value)
  const here = useStore(about, state => state.value)
  const failures = [
    useStore(plans, state => state.failure),
    useStore(servers, state => state.failure),
    useStore(systems, state => state.failure),
    useStore(about, state => state.failure),
  ]
  const failure = failures.find(one => one !== null) ?? null
  const askAgain = () => {
    for (const store of [plans, servers, systems, about]) void store.refresh()
  }
  if (!value || !known || !kept || !here || (failure && damagedListOf(failure)))
    return (
      <>
        <PageHeader title="Plans" lead="What is backed up, when and where to." />
        <PageBody>
          {failure ? (
            <ListTrouble failure={failure} askAgain={askAgain} />
          ) : (
            <p className="muted">Asking for the plans</p>
          )}
        </PageBody>
      </>
    )
  const named = (name: string) => value.plans.find(({ settings }) => settings.name === name)
  if (route.mode === 'new' && known.servers.length > 0)
    return (
      <PlanEditor
        key={`new ${JSON.stringify(route.query ?? {})}`}
        route={route}
        plan={null}
        zone={here.zone}
      />
    )
  if (route.mode === 'edit') {
    const plan = named(route.name)
    if (plan) return <PlanEditor key={route.name} route={route} plan={plan} zone={here.zone} />
    return (
      <>
        <PageHeader title="Plans" />
        <PageBody>
          <Empty
            page
            title={`There is no plan called ${route.name}.`}
            action={<LinkButton href={href({ page: 'plans', mode: 'list' })}>See all plans</LinkButton>}
          >
            It was removed, or has another name now.
          </Empty>
        </PageBody>
      </>
    )
  }
  if (value.plans.length === 0 && value.unreadable.length === 0)
    return <NoPlans servers={known.servers.length} />
  return <PlanList route={route} value={value} servers={known.servers} />
}
