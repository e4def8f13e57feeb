import { useStore } from 'zustand'
import { damagedListOf } from '../../../shared/state-list.ts'
import { useStores } from '../../app/app-context.tsx'
import { go } from '../../app/navigation.ts'
import { ListTrouble } from '../../app/parts/list-trouble.tsx'
import { href, type RouteOf } from '../../app/router.ts'
import {
  Empty,
  LinkButton,
  ObjectList,
  PageBody,
  PageHeader,
  PathText,
  Split,
  SplitButton,
  Status,
} from '../../ui/index.ts'
import { bySite, kindOf, leadOf, placeOf, serverKinds, serverWord, siteName, typeOf } from './model.ts'
import { NewServer } from './new-server.tsx'
import { ServerInspector } from './server-inspector.tsx'
import css from './servers.module.css'

/** Where backups are kept. */
export function ServersScreen({ route }: { route: RouteOf<'servers'> }) {
  const { servers } = useStores()
  const value = useStore(servers, state => state.value)
  const failure = useStore(servers, state => state.failure)
  // What was known before is no list that anything may be added to.
  if (!value || (failure && damagedListOf(failure)))
    return (
      <>
        <PageHeader title="Servers" lead="Where backups are kept." />
        <PageBody>
          {failure ? (
            <ListTrouble failure={failure} askAgain={() => void servers.refresh()} />
          ) : (
            <p className="muted">Asking for the servers</p>
          )}
        </PageBody>
      </>
    )
  const none = value.servers.length === 0 && value.unreadable.length === 0
  if (route.mode === 'new' || none) return <NewServer route={route} first={none} />
  return <ServerList route={route} />
}

function ServerList({ route }: { route: RouteOf<'servers'> }) {
  const { servers } = useStores()
  const value = useStore(servers, state => state.value)
  const list = bySite(value?.servers ?? [])
  const wanted = route.mode === 'show' || route.mode === 'edit' ? route.name : (list[0]?.record.name ?? null)
  const chosen = list.find(({ record }) => record.name === wanted)
  const add = (type: string) => go({ page: 'servers', mode: 'new', query: { type } })
  const unreadable = value?.unreadable ?? []
  return (
    <>
      <PageHeader
        title="Servers"
        lead={leadOf(list)}
        actions={
          <SplitButton
            pagePrimary
            icon="plus"
            text="Add S3 server"
            onClick={() => add('s3')}
            menuLabel="Add a server of another kind"
            items={serverKinds.map(({ type, title, icon }) => ({
              id: type,
              text: title,
              icon,
              onPick: () => add(type),
              ...(type === 's3' && { tag: 'Default' }),
            }))}
          />
        }
      />
      <PageBody flush>
        <Split columns="19.5rem minmax(0, 1fr)">
          <ObjectList
            label="Servers"
            selected={chosen?.record.name ?? null}
            onSelect={name => go({ page: 'servers', mode: 'show', name }, { replace: true })}
            onOpen={() => document.querySelector<HTMLElement>('[data-inspector-title]')?.focus()}
            objects={list.map(server => ({
              key: server.record.name,
              title: server.record.name,
              icon: server.record.site === 'air-gap' ? 'usb' : kindOf(server.record.type).icon,
              detail: (
                <span className={css.where}>
                  {typeOf(server.record)} · <PathText path={placeOf(server.record)} code={false} />
                </span>
              ),
              side: <Status is={serverWord(server)} />,
              group: siteName(server.record.site),
            }))}
            {...(unreadable.length > 0 && {
              foot: `${unreadable.map(({ name }) => name).join(', ')}: the record cannot be read and was left as it is.`,
            })}
          />
          {chosen ? (
            <ServerInspector key={chosen.record.name} info={chosen} />
          ) : (
            <Empty
              page
              title={`There is no server called ${wanted ?? ''}.`}
              action={<LinkButton href={href({ page: 'servers', mode: 'list' })}>See all servers</LinkButton>}
            >
              It was removed, or has another name now.
            </Empty>
          )}
        </Split>
      </PageBody>
    </>
  )
}
