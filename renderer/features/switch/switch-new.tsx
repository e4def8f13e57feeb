import { useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { DirectorMode } from '../../../shared/director-files.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useAsk, useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { formatAge, formatWhen } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { useArrival } from '../../app/parts/use-arrival.ts'
import { href } from '../../app/router.ts'
import {
  Button,
  Choice,
  Empty,
  Field,
  Form,
  FormRow,
  LinkButton,
  PageBody,
  PageHeader,
  Segmented,
  Select,
  Status,
  TextField,
  Trouble,
} from '../../ui/index.ts'
import { useMinute } from '../backups/index.ts'
import { modeWords, newestWhole, placeOption, useHoldings, VaultLocked } from '../director/index.ts'
import { type Draft, directionWords, noPair, siteUnder, sitesOf, whyNotBegin } from './model.ts'
import css from './switch.module.css'

/** Nothing is wrong with what lies behind it. */
const isLocked = (failure: Failure | null): failure is Failure => failure?.code === 'auth.vault-locked'

/** What is to be switched over. Nothing is begun here. */
export function SwitchNew({ query }: { query: Readonly<Record<string, string>> }) {
  useArrival()
  const now = useMinute()
  const call = useCall()
  const infos = useStore(useStores().servers, ({ value }) => value?.servers)
  const deployments = useAsk('director.list', undefined).value?.deployments
  const holdings = useHoldings()
  const again = useRef(holdings)
  // What was heard on an earlier page may be of before a step's last backup.
  useEffect(() => {
    const { byServer, ask } = again.current
    for (const [name, { value }] of byServer) if (value) ask(name)
  }, [])
  const [said, setSaid] = useState<Partial<Draft>>({})
  const say = (more: Partial<Draft>) => {
    begin.clear()
    setSaid(last => ({ ...last, ...more }))
  }

  const known = (name: string | null | undefined) =>
    deployments?.some(({ record }) => record.name === name) ? (name ?? null) : null
  const [active, next] = said.folders ?? [null, null]
  const from = active ?? known(query['from'])
  const of = deployments?.find(({ record }) => record.name === from)?.record
  const other =
    known(of?.otherSite) ?? deployments?.find(({ record }) => record.otherSite === from)?.record.name ?? null
  const to = next ?? other
  const reads = [
    useAsk('director.read', from === null ? null : { deployment: from }),
    useAsk('director.read', to === null ? null : { deployment: to }),
  ] as const
  const views = reads.map(({ value }) => value?.master ?? null)
  const usable = (infos ?? []).map(({ record }) => {
    const holding = holdings.byServer.get(record.name)
    const under = siteUnder(record, views)
    return {
      name: record.name,
      failure: holding?.failure ?? null,
      newest: holding?.value ? newestWhole(holding.value.points) : undefined,
      off:
        record.type === 'local'
          ? 'a disk of this machine: neither site reaches it'
          : (holding?.value?.notDirect ?? null),
      under,
    }
  })
  const locked = [...reads, ...usable].map(({ failure }) => failure).find(isLocked)
  const able = usable.filter(({ off, under }) => off === null && under === null)
  const draft: Draft = {
    direction: said.direction ?? (reads[0].value?.master?.directorSite === 'DR' ? 'dr-to-dc' : 'dc-to-dr'),
    folders: [from, to],
    modes: [said.modes?.[0] ?? reads[0].value?.mode ?? null, said.modes?.[1] ?? reads[1].value?.mode ?? null],
    server: said.server ?? (able.length === 1 ? (able[0]?.name ?? null) : null),
    how: said.how ?? 'dns',
    address: said.address ?? '',
  }
  const { direction, folders, modes, server, how, address } = draft
  const sites = sitesOf(direction)
  const off = whyNotBegin(draft)
  const begin = useDeed(options =>
    call(
      'switch.begin',
      {
        direction,
        server: server ?? '',
        steps: [
          { deployment: from ?? '', mode: modes[0] ?? 'standalone' },
          { deployment: to ?? '', mode: modes[1] ?? 'standalone' },
        ],
        address: { how, value: address.trim() },
      },
      options,
    ),
  )
  const submit = async () => {
    if (off !== null) return
    const answer = await begin.run()
    if (answer?.ok) go({ page: 'switch', mode: 'show', name: answer.value.id })
  }
  const site = (at: 0 | 1) => {
    const { failure, asking, value } = reads[at]
    const put = <T,>(pair: readonly [T, T], one: T): readonly [T, T] =>
      at === 0 ? [one, pair[1]] : [pair[0], one]
    return (
      <FormRow key={at} columns="minmax(0, 1fr) auto">
        <Field
          label={at === 0 ? `The ${sites[0]}, active now` : `The ${sites[1]}, active afterwards`}
          error={
            failure &&
            (isLocked(failure)
              ? 'Not read: the vault is locked.'
              : 'This folder cannot be read now; the check will say why.')
          }
          hint={
            value?.master ? (
              <>
                director_site {value.master.directorSite ?? 'is empty'},{' '}
                {value.master.hosts.flatMap(host => (host.enabled ? [host.name || host.ip] : [])).join(', ')}
              </>
            ) : asking === null ? undefined : (
              <Status is="Asking" says="Reading it" quiet />
            )
          }
        >
          <Select
            value={folders[at]}
            onChange={name => {
              say({
                folders: put(folders, name),
                modes: put(said.modes ?? [null, null], null),
              })
            }}
            placeholder="Choose a deployment folder"
            options={(deployments ?? []).map(({ record }) => ({
              value: record.name,
              text: placeOption(record),
            }))}
          />
        </Field>
        <Field label="Mode" group>
          <Segmented<DirectorMode>
            value={modes[at]}
            onChange={mode => say({ modes: put(modes, mode) })}
            options={(['standalone', 'cluster'] as const).map(value => ({ value, text: modeWords[value] }))}
          />
        </Field>
      </FormRow>
    )
  }
  return (
    <>
      <PageHeader
        title="New switch-over"
        path={[{ text: 'Switch-over', href: href({ page: 'switch', mode: 'list' }) }]}
        lead="Nothing begins here: each step is checked, and confirmed by name, on its own page."
        actions={
          <Button
            kind="primary"
            pagePrimary
            busy={begin.busy}
            off={off}
            offAt="beside"
            onClick={() => void submit()}
          >
            Next: check step 1
          </Button>
        }
      />
      <PageBody>
        {deployments?.length === 0 ? (
          <Empty
            title="No Director is known yet."
            action={<LinkButton href={href({ page: 'sites', mode: 'list' })}>Show Director sites</LinkButton>}
          >
            A switch-over needs the deployment folders of both sites.
          </Empty>
        ) : (
          <Form label="Switch-over" className={css.pair} onSubmit={() => void submit()}>
            {locked && <VaultLocked failure={locked} then="come here" />}
            <div className={css.column}>
              <Field label="Direction" group>
                <Choice
                  value={direction}
                  onChange={value => say({ direction: value })}
                  options={(['dc-to-dr', 'dr-to-dc'] as const).map(value => ({
                    value,
                    title: directionWords[value].title,
                    detail: directionWords[value].says,
                  }))}
                />
              </Field>
              {site(0)}
              {site(1)}
              {noPair(direction, modes) && (
                <Status
                  is="Blocked"
                  says="No pair"
                  reason="a standalone DC has a standalone DR; a cluster DC may have either"
                />
              )}
            </div>
            <div className={css.column}>
              <Field
                label="Backup server"
                group
                hint="One site writes its last backup there, the other reads it. It must be the one of both sites’ MSP portal."
              >
                {infos?.length === 0 ? (
                  <span className="muted">No server yet; add the one of the portal first.</span>
                ) : (
                  <Choice
                    value={server}
                    onChange={name => say({ server: name })}
                    options={usable.map(({ name, off: why, newest, failure, under }) => ({
                      value: name,
                      title: name,
                      off: why,
                      ...(why === null && {
                        detail: [
                          newest
                            ? `newest whole backup ${formatWhen(newest.at, now)}, ${formatAge(Math.max(0, now - Date.parse(newest.at)))} old`
                            : newest === null
                              ? 'holds no whole backup of a Director yet'
                              : failure
                                ? isLocked(failure)
                                  ? 'not asked: the vault is locked'
                                  : 'does not answer now'
                                : 'is being asked',
                          under !== null && `stands on ${under}: it is lost with that site`,
                        ]
                          .filter(Boolean)
                          .join('; '),
                      }),
                    }))}
                  />
                )}
              </Field>
              <Field label="Clients find the Director by" group>
                <Choice
                  value={how}
                  onChange={value => say({ how: value })}
                  options={[
                    {
                      value: 'dns',
                      title: 'A DNS name, recommended',
                      detail: 'Its record is changed at the end; clients keep their settings.',
                    },
                    {
                      value: 'management-url',
                      title: 'A management URL',
                      detail: 'It is changed in the provisioning server at the end.',
                    },
                  ]}
                />
              </Field>
              <Field
                label={how === 'dns' ? 'DNS name' : 'Management URL'}
                hint="Drydock does not change it: the last stage says how, and asks whether it is done."
              >
                <TextField
                  code
                  value={address}
                  onChange={value => say({ address: value })}
                  placeholder={how === 'dns' ? 'director.example.com' : 'https://director.example.com'}
                />
              </Field>
            </div>
            {begin.failure && <Trouble failure={begin.failure} title="It was not written down" />}
          </Form>
        )}
      </PageBody>
    </>
  )
}
