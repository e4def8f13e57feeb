import { useLayoutEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { useStores } from '../../app/app-context.tsx'
import { go } from '../../app/navigation.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href, type RouteOf } from '../../app/router.ts'
import { Button, LinkButton, Menu, PageBody, PageHeader, Tabs } from '../../ui/index.ts'
import { DeploymentForm, directorQuery, placeWords } from '../director/index.ts'
import { CheckTab } from './check-tab.tsx'
import { ComponentsTab } from './components-tab.tsx'
import { commandKeys, siteWords } from './model.ts'
import { SchedulesTab } from './schedules-tab.tsx'
import css from './site.module.css'
import { type Looked, SnapshotsTab } from './snapshots-tab.tsx'
import { useCheck } from './use-check.ts'
import type { KnownSite, Sites } from './use-sites.ts'

const tabs = [
  { value: 'check', text: 'Check' },
  { value: 'components', text: 'Components' },
  { value: 'schedules', text: 'Schedules' },
  { value: 'snapshots', text: 'Analytics snapshots' },
] as const

type Props = {
  known: KnownSite
  sites: Sites
  route: RouteOf<'sites'>
  path: readonly { text: string; href: string }[]
}

/** One Director: whether it can be backed up, how that is done, when, and what lies in the vendor's own repositories. */
export function SitePage({ known, sites, route, path }: Props) {
  useArrival()
  const { info, site } = known
  const { record } = info
  const { name } = record
  const checking = useCheck(record)
  // What the page itself was answered may be newer than the list.
  const check = newest(checking.found, site?.check ?? null)
  // Looked at when asked for, never again by itself: it stays while one goes to another tab.
  const [looked, setLooked] = useState<Looked>({ server: null, found: null })
  const at = (query: Record<string, string>) => ({ page: 'sites', mode: 'show', name, query }) as const
  const tab = tabs.find(({ value }) => value === route.query?.['tab'])?.value ?? 'check'
  const words = siteWords(check)
  const panel = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    panel.current?.closest('[data-scroll]')?.scrollTo(0, 0)
  }, [tab])
  if (route.query?.['edit'] !== undefined)
    return (
      <>
        <PageHeader title={`Change ${name}`} path={path} lead={placeWords(record.place)} />
        <PageBody>
          <DeploymentForm
            info={info}
            deed="Save the folder"
            onCancel={() => go(at({}), { replace: true })}
            onSaved={saved => {
              sites.again()
              go({ page: 'sites', mode: 'show', name: saved.record.name }, { replace: true })
            }}
          />
        </PageBody>
      </>
    )
  return (
    <>
      <PageHeader
        title={name}
        path={path}
        lead={`${placeWords(record.place)}. ${words === null ? 'Which site it is: not known yet' : `Site ${words}`}.`}
        actions={
          <>
            <Menu
              label={`More for ${name}`}
              items={[
                {
                  id: 'edit',
                  text: 'Change folder',
                  icon: 'pencil',
                  onPick: () => go(at({ edit: 'folder' })),
                },
                {
                  id: 'analytics',
                  text: 'Back up its analytics data',
                  icon: 'calendar-clock',
                  off: record.analytics?.command ? null : 'no command prints it yet: see Components',
                  onPick: () =>
                    go({
                      page: 'plans',
                      mode: 'new',
                      query: { kind: 'analytics', deployment: name, system: site?.systems[0] ?? '' },
                    }),
                },
                {
                  id: 'switch',
                  text: 'Switch over…',
                  icon: 'network',
                  onPick: () => go({ page: 'switch', mode: 'new', query: { from: name } }),
                },
              ]}
            >
              <Button iconAfter="chevron-down">More</Button>
            </Menu>
            <BackUp name={name} system={site?.systems[0]} />
            <LinkButton
              icon="archive-restore"
              href={href({
                page: 'restore',
                step: 'source',
                query: { ...directorQuery(), deployment: name, mode: check?.mode ?? '' },
              })}
            >
              Restore it
            </LinkButton>
            <Button
              kind="primary"
              pagePrimary
              icon="refresh-cw"
              busy={checking.since !== null}
              onClick={() => {
                if (tab !== 'check') go(at({}), { replace: true })
                checking.run()
              }}
            >
              Check
            </Button>
          </>
        }
      />
      <PageBody>
        <div className={css.tabs}>
          <Tabs
            label={`About ${name}`}
            value={tab}
            onChange={value => go(at({ tab: value }), { replace: true })}
            tabs={tabs}
          />
        </div>
        <div ref={panel} role="tabpanel" aria-label={tabs.find(({ value }) => value === tab)?.text}>
          {tab === 'check' && <CheckTab known={known} check={check} checking={checking} sites={sites} />}
          {tab === 'components' && (
            <ComponentsTab
              record={record}
              check={check}
              onSaved={sites.again}
              wanted={commandKeys.find(key => key === route.query?.['component'])}
            />
          )}
          {tab === 'schedules' && <SchedulesTab record={record} sites={sites} />}
          {tab === 'snapshots' && <SnapshotsTab looked={looked} onLooked={setLooked} />}
        </div>
      </PageBody>
    </>
  )
}

function BackUp({ name, system }: { name: string; system: string | undefined }) {
  const { servers } = useStores()
  const some = useStore(servers, ({ value }) => value === null || value.servers.length > 0)
  const query = { kind: 'configuration', deployment: name, system: system ?? '' }
  return some ? (
    <LinkButton icon="calendar-clock" href={href({ page: 'plans', mode: 'new', query })}>
      Back it up
    </LinkButton>
  ) : (
    <Button icon="calendar-clock" off="needs a server first" offAt="beside">
      Back it up
    </Button>
  )
}

type Check = OutputOf<'site.check'>

const newest = (a: Check | null, b: Check | null) => (a && b ? (a.at >= b.at ? a : b) : (a ?? b))
