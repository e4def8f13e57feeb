import { useMemo } from 'react'
import type { OutputOf } from '../../../shared/contract/index.ts'
import type { SiteSchedule } from '../../../shared/contract/site.ts'
import type { Deployment } from '../../../shared/director.ts'
import { useAsk, useEvent, useNow } from '../../app/app-context.tsx'
import { formatAgo } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { Button, type Column, DataTable, Notice, Section, Select, Status, Trouble } from '../../ui/index.ts'
import { Told, Warnings } from './notes.tsx'
import { PortalForm } from './portal-form.tsx'
import css from './site.module.css'
import { useSaveSite } from './use-save-site.ts'
import type { Sites } from './use-sites.ts'

type Answer = OutputOf<'site.schedules'>
type Row = Answer['rows'][number]

const titles = { configuration: 'Configuration', analytics: 'Analytics' } as const

/** When this site and the other one of its pair are backed up, and what a restore of the configuration does to that. */
export function SchedulesTab({ record, sites }: { record: Deployment; sites: Sites }) {
  const { name, otherSite } = record
  const asked = useAsk('site.schedules', { deployment: name })
  useEvent('director.changed', asked.again)
  useEvent('plan.changed', asked.again)
  useEvent('site.changed', asked.again)
  const save = useSaveSite(name)
  const choose = async (other: string) => {
    const { otherSite: _, ...rest } = record
    const answer = await save.run(other === '' ? rest : { ...rest, otherSite: other })
    if (answer?.ok) sites.again()
  }
  const { value, failure } = asked
  // Only the other one names this one: said there, it counts here, and the Select would not show it.
  const namer = otherSite === undefined && value?.other != null ? value.other : null
  const others = (sites.list ?? []).map(({ info }) => info.record).filter(other => other.name !== name)
  const other = otherSite ?? value?.other ?? null
  const portals = useMemo(() => {
    const of = (wanted: string | null) => sites.list?.find(({ info }) => info.record.name === wanted)
    return { here: of(name)?.info.record.portal?.noted, there: of(other)?.info.record.portal?.noted }
  }, [sites.list, name, other])
  const columns = useMemo(() => columnsOf(name, other, portals), [name, other, portals])
  return (
    <>
      <Section
        title="Both sites"
        note="DC and DR should run at the same times"
        side={
          <span className={css.other}>
            Other site
            <Select
              label="The other site of the pair"
              value={otherSite ?? ''}
              onChange={next => void choose(next)}
              options={[
                {
                  value: '',
                  text:
                    others.length === 0
                      ? 'No other Director is known'
                      : namer !== null
                        ? `Not said here; ${namer} names it`
                        : 'Not said',
                },
                ...others.map(one => ({ value: one.name, text: one.name })),
              ]}
            />
          </span>
        }
      >
        {namer !== null && (
          <div className={css.notes}>
            <Notice
              tone="warn"
              actions={
                <Button size="small" busy={save.busy} onClick={() => void choose(namer)}>
                  Take {namer}
                </Button>
              }
            >
              {namer} says that {name} is its other site. Nothing is said here: the two are compared as a
              pair.
            </Notice>
          </div>
        )}
        {save.failure && <Trouble failure={save.failure} title="The other site was not saved" />}
        {failure && <Trouble failure={failure} title="The schedules are not known" />}
        {!value && !failure && <p className={css.part}>Asking for the schedules</p>}
        {value && (
          <DataTable
            label="Schedules"
            columns={columns}
            rows={value.rows}
            rowKey={({ what }) => what}
            density="tall"
          />
        )}
      </Section>
      {value && <Warnings notes={value.notes} />}
      {value && <Told notes={value.notes} />}
      <PortalForm record={record} onSaved={sites.again} />
    </>
  )
}

type Noted = { here: string | undefined; there: string | undefined }

function columnsOf(name: string, other: string | null, portals: Noted): readonly Column<Row>[] {
  return [
    { id: 'what', head: 'What', width: '14%', cell: ({ what }) => <b>{titles[what]}</b> },
    {
      id: 'here',
      head: name,
      width: '34%',
      cell: ({ here }) => <Schedules all={here} noted={portals.here} />,
    },
    {
      id: 'there',
      head: other ?? 'The other site',
      width: '34%',
      cell: ({ there }) =>
        other === null ? (
          <span className="muted">not said</span>
        ) : (
          <Schedules all={there} noted={portals.there} />
        ),
    },
    {
      id: 'same',
      head: 'Same times',
      cell: ({ same }) =>
        same === null ? (
          <Status is="Not proven" says="Not known" />
        ) : same ? (
          <Status is="Ready" says="The same" />
        ) : (
          <Status is="At risk" says="Not the same" />
        ),
    },
  ]
}

function Schedules({ all, noted }: { all: readonly SiteSchedule[]; noted: string | undefined }) {
  if (all.length === 0) return <span className="muted">none is known</span>
  return all.map(one => (
    <div key={`${one.from}${one.plan ?? ''}${one.words}`} className={css.schedule}>
      <span className="cell-main">
        {one.words}, {one.zone}
      </span>
      <span className="cell-sub">
        {one.zone !== 'UTC' && `${one.utc} · `}
        {one.plan === null ? (
          <>the portal{noted !== undefined && <Read at={noted} />}</>
        ) : (
          <a href={href({ page: 'plans', mode: 'show', name: one.plan })}>{one.plan}</a>
        )}
        {!one.started && ' · not started'}
      </span>
    </div>
  ))
}

function Read({ at }: { at: string }) {
  return <>, read {formatAgo(at, useNow())}</>
}
