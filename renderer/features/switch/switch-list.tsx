import { useMemo } from 'react'
import type { SwitchRecord } from '../../../shared/contract/switch.ts'
import { useAsk } from '../../app/app-context.tsx'
import { formatMoment } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href } from '../../app/router.ts'
import {
  type Column,
  DataTable,
  Empty,
  LinkButton,
  Notice,
  PageBody,
  PageHeader,
  Status,
  Trouble,
} from '../../ui/index.ts'
import { useMinute } from '../backups/index.ts'
import { directionWords, statusOf } from './model.ts'
import { useSwitches } from './use-switches.ts'

/** All switch-overs that this laptop knows. */
export function SwitchList() {
  useArrival()
  const now = useMinute()
  const { list, value, failure, asking } = useSwitches()
  const deployments = useAsk('director.list', undefined).value?.deployments
  const columns = useMemo(() => columnsOf(now), [now])
  const begin =
    deployments?.length === 0 ? (
      <LinkButton href={addDirector} kind="primary" icon="plus" pagePrimary>
        Add a Director
      </LinkButton>
    ) : (
      <LinkButton href={href({ page: 'switch', mode: 'new' })} kind="primary" icon="plus" pagePrimary>
        New switch-over
      </LinkButton>
    )
  return (
    <>
      <PageHeader
        title="Switch-over"
        lead="Another site of a Director becomes the active one: two runs of setup.sh, then the address."
        actions={begin}
      />
      <PageBody>
        {failure && <Trouble failure={failure} title="The switch-overs are not known" />}
        {value?.unreadable.map(({ id, detail }) => (
          <Notice key={id} tone="warn">
            <b>{id} cannot be read.</b> {detail}
          </Notice>
        ))}
        {(list ?? !failure) && (
          <DataTable
            label="Switch-overs"
            columns={columns}
            rows={list ?? none}
            rowKey={({ id }) => id}
            rowName={({ direction }) => directionWords[direction].title}
            density="tall"
            onOpen={({ id }) => go({ page: 'switch', mode: 'show', name: id })}
            loading={asking !== null && !list ? 'Asking' : undefined}
            empty={
              <Empty title="No switch-over yet.">
                A Director that has two sites, DC and DR, is switched over from one to the other here: each of
                the two steps is checked and confirmed on its own.
                {deployments?.length === 0 && ' No Director is known yet: add those of both sites first.'}
              </Empty>
            }
          />
        )}
      </PageBody>
    </>
  )
}

const none: readonly never[] = []
const addDirector = href({ page: 'sites', mode: 'list', query: { add: 'folder' } })

function columnsOf(now: number): readonly Column<SwitchRecord>[] {
  return [
    {
      id: 'what',
      head: 'Switch-over',
      width: '30%',
      cell: ({ id, direction, steps }) => (
        <>
          <a className="cell-main" href={href({ page: 'switch', mode: 'show', name: id })}>
            {directionWords[direction].title}
          </a>
          <span className="cell-sub truncate">
            {steps[0].deployment} → {steps[1].deployment}
          </span>
        </>
      ),
    },
    { id: 'state', head: 'State', width: '22%', cell: record => <Status {...statusOf(record)} /> },
    {
      id: 'begun',
      head: 'Prepared',
      width: '22%',
      cell: ({ begun, by }) => (
        <>
          <span className="cell-main">{formatMoment(begun, now)}</span>
          <span className="cell-sub truncate">by {by}</span>
        </>
      ),
    },
    {
      id: 'server',
      head: 'Backup server',
      cell: ({ server, address }) => (
        <>
          <span className="cell-main truncate">{server}</span>
          <span className="cell-sub truncate" title={address.value}>
            {address.value}
          </span>
        </>
      ),
    },
  ]
}
