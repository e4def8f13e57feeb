import { useMemo } from 'react'
import { useNow } from '../../app/app-context.tsx'
import { formatAgo } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { ListTrouble } from '../../app/parts/list-trouble.tsx'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href, type RouteOf } from '../../app/router.ts'
import {
  type Column,
  DataTable,
  Empty,
  LinkButton,
  Notice,
  PageBody,
  PageHeader,
  PathText,
  Status,
  Trouble,
} from '../../ui/index.ts'
import { DeploymentForm, placeWords } from '../director/index.ts'
import { siteWords, verdictOf } from './model.ts'
import { SitePage } from './site-page.tsx'
import { type KnownSite, useSites } from './use-sites.ts'

const list = { page: 'sites', mode: 'list' } as const
const overview = { text: 'Overview', href: href({ page: 'overview', mode: 'list' }) }
const above = [overview, { text: 'Directors', href: href(list) }]

/** The Directors, each known by its deployment folder. */
export function SitesScreen({ route }: { route: RouteOf<'sites'> }) {
  const sites = useSites()
  const wanted = route.mode === 'show' ? route.name : null
  const chosen = sites.list?.find(({ info }) => info.record.name === wanted)
  if (chosen)
    return <SitePage key={chosen.info.record.name} known={chosen} sites={sites} route={route} path={above} />
  if (wanted !== null)
    return (
      <>
        <PageHeader title={wanted} path={above} />
        <PageBody>
          {sites.failure ? (
            <ListTrouble failure={sites.failure} askAgain={sites.again} />
          ) : sites.list === null ? (
            <p className="muted">Asking for the deployment folders</p>
          ) : (
            <Empty page title={`There is no Director called ${wanted}.`}>
              Its folder was forgotten, or has another name now.
            </Empty>
          )}
        </PageBody>
      </>
    )
  return <SiteList sites={sites} adding={route.query?.['add'] !== undefined} />
}

function SiteList({ sites, adding }: { sites: ReturnType<typeof useSites>; adding: boolean }) {
  useArrival()
  const { failure, siteFailure, unreadable } = sites
  const columns = useMemo(() => columnsOf(), [])
  if (adding)
    return (
      <>
        <PageHeader title="Add a Director" path={above} lead="The folder that its setup.sh runs in." />
        <PageBody>
          <DeploymentForm
            info={null}
            deed="Save the folder"
            onCancel={() => go(list)}
            onSaved={({ record: { name } }) => go({ page: 'sites', mode: 'show', name }, { replace: true })}
          />
        </PageBody>
      </>
    )
  const add = (
    <LinkButton kind="primary" pagePrimary icon="plus" href={href({ ...list, query: { add: 'folder' } })}>
      Add a Director
    </LinkButton>
  )
  const none = sites.list?.length === 0
  return (
    <>
      <PageHeader
        title="Directors"
        path={[overview]}
        lead="Each by its deployment folder: what it is, and whether it can be backed up."
        actions={!none && add}
      />
      <PageBody>
        {failure && <ListTrouble failure={failure} askAgain={sites.again} />}
        {siteFailure && <Trouble failure={siteFailure} title="What the last checks found is not known" />}
        {unreadable.length > 0 && (
          <Notice tone="warn">
            {unreadable.map(({ name }) => name).join(', ')}: the record cannot be read and was left as it is.
          </Notice>
        )}
        {sites.list === null && !failure && <p className="muted">Asking for the deployment folders</p>}
        {none && (
          <Empty page title="No Director yet." action={add}>
            Drydock knows a Director by the folder with restore.yml, master.yml and setup.sh, on this machine
            or on a host reached over ssh. Without it, it can be neither checked nor backed up nor restored.
          </Empty>
        )}
        {sites.list && !none && (
          <DataTable
            label="Directors"
            columns={columns}
            rows={sites.list}
            rowKey={nameOf}
            density="tall"
            onOpen={known => go({ page: 'sites', mode: 'show', name: nameOf(known) })}
          />
        )}
      </PageBody>
    </>
  )
}

const nameOf = ({ info }: KnownSite) => info.record.name

function columnsOf(): readonly Column<KnownSite>[] {
  return [
    {
      id: 'name',
      head: 'Director',
      width: '32%',
      cell: ({ info: { record } }) => (
        <>
          <a className="cell-main" href={href({ page: 'sites', mode: 'show', name: record.name })}>
            {record.name}
          </a>
          <span className="cell-sub">
            <PathText path={placeWords(record.place)} code={false} />
          </span>
        </>
      ),
    },
    {
      id: 'check',
      head: 'Can be backed up',
      width: '22%',
      cell: ({ site }) => (
        <Status
          is={verdictOf(site?.check ?? null).word}
          reason={site?.check && <CheckedAgo at={site.check.at} />}
        />
      ),
    },
    {
      id: 'site',
      head: 'Site',
      width: '16%',
      cell: ({ site }) => siteWords(site?.check ?? null) ?? <span className="muted">not known</span>,
    },
    {
      id: 'plans',
      head: 'Plans',
      cell: ({ site }) => (
        <>
          <span className="cell-main">
            {site === null ? 'Not known' : site.plans.length === 0 ? 'None' : site.plans.join(', ')}
          </span>
          <span className="cell-sub">{site?.systems.join(', ')}</span>
        </>
      ),
    },
  ]
}

/** `checked 3 h ago` */
export function CheckedAgo({ at }: { at: string }) {
  return <>checked {formatAgo(at, useNow())}</>
}
