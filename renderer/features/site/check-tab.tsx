import type { SiteCheck } from '../../../shared/contract/site.ts'
import { useAsk, useNow } from '../../app/app-context.tsx'
import { counted, formatAgo, formatBytes, formatMoment } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { Checking as CheckingFor } from '../../app/parts/checks/check-board.tsx'
import { reasonOf } from '../../app/parts/checks/check-words.ts'
import { Lines } from '../../app/parts/checks/lines.tsx'
import { href } from '../../app/router.ts'
import {
  Button,
  type Column,
  DataTable,
  Empty,
  Facts,
  LinkButton,
  Section,
  Status,
  Verdict,
} from '../../ui/index.ts'
import { ReadingTrouble, TrustKey } from '../director/index.ts'
import { verdictOf } from './model.ts'
import type { Checking } from './use-check.ts'
import css from './site.module.css'
import type { KnownSite, Sites } from './use-sites.ts'

type Props = { known: KnownSite; check: SiteCheck | null; checking: Checking; sites: Sites }

/** Can it be backed up? What the last check found, and the one that goes on. */
export function CheckTab({ known: { info, site }, check, checking, sites }: Props) {
  const { since, failure, lines, run, stop } = checking
  const { name } = info.record
  const live = since !== null
  const { tone, answer } = verdictOf(check)
  const set = (id: string) =>
    check?.components.find(({ component }) => id === `command:${component}`)?.set ?? true
  // What kept it from its host is asked for once more: only the failure tells which key was seen.
  const silent = !live && check?.lines.some(({ id, state }) => id === 'host' && state === 'stop')
  const reading = useAsk('director.read', silent ? { deployment: name } : null)
  const key =
    reading.failure && /^(?:trust\.|auth\.vault-)/.test(reading.failure.code) ? reading.failure : null
  const trouble = failure ?? key
  return (
    <>
      {trouble && !live && (
        <div className={css.trouble}>
          <ReadingTrouble
            info={info}
            failure={trouble}
            busy={live}
            onAgain={() => {
              sites.again()
              run()
            }}
            onEdit={() => go({ page: 'sites', mode: 'show', name, query: { edit: 'folder' } })}
          />
        </div>
      )}
      <Verdict
        tone={live ? 'idle' : tone}
        question={`Can ${name} be backed up?`}
        answer={live ? 'Checking' : answer}
        reason={
          live ? (
            <CheckingFor since={since} known={lines.length} />
          ) : check ? (
            reasonOf(check.lines)
          ) : (
            'A check signs in to its hosts, and looks for folder, programs, versions and free space. It changes nothing.'
          )
        }
        side={
          live ? (
            <Button size="small" onClick={stop}>
              Stop checking
            </Button>
          ) : (
            check && <When at={check.at} />
          )
        }
      />
      <Lines
        lines={live ? lines : (check?.lines ?? [])}
        asking={live}
        mend={({ id, state, pin }) =>
          pin ? (
            <TrustKey
              record={info.record}
              pin={pin}
              onSaved={() => {
                sites.again()
                run()
              }}
            />
          ) : (
            // A key is compared above, a vault unlocked elsewhere: to change the folder would only mislead.
            (state === 'stop' || state === 'warn') &&
            !(id === 'host' && (key !== null || reading.asking !== null)) && (
              <Way id={id} name={name} set={set(id)} />
            )
          )
        }
      >
        {check && !live && (
          <Hosts
            hosts={check.hosts}
            reached={!check.lines.some(({ id, state }) => id === 'host' && state === 'stop')}
          />
        )}
      </Lines>
      {!live && (
        <Section title="Where it is used">
          <div className={css.part}>
            <Facts
              facts={[
                ['Systems', <Named key="systems" page="overview" names={site?.systems} none="no system" />],
                ['Plans', <Named key="plans" page="plans" names={site?.plans} none="no plan backs it up" />],
              ]}
            />
          </div>
        </Section>
      )}
    </>
  )
}

/** Where a line is put right, as far as that is in Drydock. */
function Way({ id, name, set }: { id: string; name: string; set: boolean }) {
  const to = (query: Record<string, string>) => href({ page: 'sites', mode: 'show', name, query })
  if (id === 'host' || id === 'folder')
    return (
      <LinkButton size="small" href={to({ edit: 'folder' })}>
        Change folder
      </LinkButton>
    )
  if (!id.startsWith('command:')) return null
  return (
    <LinkButton size="small" href={to({ tab: 'components', component: id.slice('command:'.length) })}>
      {set ? 'Show command' : 'Set command'}
    </LinkButton>
  )
}

function When({ at }: { at: string }) {
  const now = useNow()
  return (
    <span className="note">
      Checked {formatMoment(at, now)}
      <br />
      {formatAgo(at, now)}
    </span>
  )
}

type NamedProps = { page: 'overview' | 'plans'; names: readonly string[] | undefined; none: string }

function Named({ page, names, none }: NamedProps) {
  if (!names) return <span className="muted">not known</span>
  if (names.length === 0) return <span className="muted">{none}</span>
  return names.map((name, index) => (
    <span key={name}>
      {index > 0 && ', '}
      <a href={href({ page, mode: 'show', name })}>{name}</a>
    </span>
  ))
}

type Host = SiteCheck['hosts'][number]

function Hosts({ hosts, reached }: { hosts: readonly Host[]; reached: boolean }) {
  return (
    <Section
      title="Hosts of master.yml"
      note={counted(hosts.filter(({ enabled }) => enabled).length, 'enabled', 'enabled')}
    >
      <DataTable
        label="Hosts of master.yml"
        columns={hostColumns}
        rows={hosts}
        rowKey={({ name, ip }) => `${name} ${ip}`}
        density="tall"
        empty={
          <Empty title="No host is known.">
            {reached
              ? 'master.yml names none, or could not be read.'
              : 'The deployment host was not reached, so its master.yml was not looked at.'}
          </Empty>
        }
      />
    </Section>
  )
}

const hostColumns: readonly Column<Host>[] = [
  {
    id: 'name',
    head: 'Host',
    width: '22%',
    cell: ({ name, ip }) => (
      <>
        <span className="cell-main" title={name}>
          {name || ip}
        </span>
        <span className="cell-sub">{ip}</span>
      </>
    ),
  },
  {
    id: 'answers',
    head: 'Answers',
    width: '18%',
    cell: ({ answers, enabled }) =>
      answers ? (
        <Status is="Ready" says="Answers" />
      ) : enabled ? (
        <Status is="No answer" />
      ) : (
        <Status is="Off" says="Not asked" reason="enabled: false" />
      ),
  },
  {
    id: 'version',
    head: 'Runs on',
    width: '24%',
    cell: ({ version }) => version ?? <span className="muted">not known</span>,
  },
  {
    id: 'components',
    head: 'Components',
    cell: ({ components }) => (
      <span className="truncate" title={components.join(', ')}>
        {components.join(', ')}
      </span>
    ),
  },
  {
    id: 'free',
    head: 'Free',
    width: '11%',
    align: 'end',
    cell: ({ free }) => (free === null ? <span className="muted">not known</span> : formatBytes(free)),
  },
]
