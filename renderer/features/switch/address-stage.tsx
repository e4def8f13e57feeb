import { useState } from 'react'
import type { SwitchRecord } from '../../../shared/contract/switch.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { formatMoment } from '../../app/format.ts'
import { Button, Checkbox, Facts, Field, Form, FormFoot, TextArea, Trouble, Verdict } from '../../ui/index.ts'
import { useMinute } from '../backups/index.ts'
import { type Deployments, pageUrl } from '../director/index.ts'
import { addressesOf, sitesOf } from './model.ts'
import css from './switch.module.css'

type Props = { record: SwitchRecord; deployments: Deployments; onDone: () => void }

/** How clients find the site that is active now. Drydock changes no name and no URL: a person does, and says so. */
export function AddressStage({ record, deployments, onDone }: Props) {
  const now = useMinute()
  const call = useCall()
  const { id, direction, address, state } = record
  const [, next] = sitesOf(direction)
  const [is, setIs] = useState(false)
  const [note, setNote] = useState('')
  const done = useDeed(options => call('switch.address', { id, note: note.trim() }, options))
  const submit = async () => {
    if (is && (await done.run())?.ok) onDone()
  }
  if (state !== 'open')
    return (
      <Facts
        facts={[
          [address.how === 'dns' ? 'DNS name' : 'Management URL', <code key="value">{address.value}</code>],
          ['Changed', address.done === null ? 'not said' : formatMoment(address.done, now)],
          ['Note', address.note === '' ? <span className="muted">none</span> : address.note],
        ]}
      />
    )
  const { view, chosen } = deployments
  const site = chosen?.record
  const targets = view?.master ? addressesOf(view.master) : []
  const to =
    targets.length === 0 ? (
      <>the address of the {next}</>
    ) : (
      <>
        the {next}, <code>{targets.join(', ')}</code>
      </>
    )
  const pages = [
    ['Director page', pageUrl(site?.directorUrl)],
    ['analytics page', pageUrl(site?.analyticsUrl)],
  ] as const
  return (
    <>
      <Verdict
        tone="warn"
        question={`The ${next} is the active site. Do clients find it?`}
        answer="Change the address"
        reason={
          <>
            <code className="breakable">{address.value}</code> still leads to the {sitesOf(direction)[0]}{' '}
            until you change it.
          </>
        }
      />
      <ol className={css.todo}>
        {address.how === 'dns' ? (
          <>
            <li>
              Where the zone is kept, let the record of <code className="breakable">{address.value}</code>{' '}
              point to {to}. Other records stay as they are.
            </li>
            <li>
              Wait for as long as the record’s time to live: until then some clients still ask the other site.
              Clients keep their settings.
            </li>
          </>
        ) : (
          <>
            <li>
              In the provisioning server, replace the management URL{' '}
              <code className="breakable">{address.value}</code> by that of {to}.
            </li>
            <li>
              Clients that read the old URL before keep asking the other site until they read the new one.
            </li>
          </>
        )}
        <li>
          Sign in there, and look whether all data is there:{' '}
          {pages.map(([name, url], index) => (
            <span key={name}>
              {index > 0 && ' and '}
              {url === null ? (
                `the ${name}`
              ) : (
                <a href={url} target="_blank" rel="noreferrer">
                  the {name}
                </a>
              )}
            </span>
          ))}
          , with the data of this week.
        </li>
      </ol>
      <Form label="Address" className={css.form} onSubmit={() => void submit()}>
        <Checkbox checked={is} onChange={setIs} detail="Name and time go into the record.">
          The address is changed, and the {next} answers there
        </Checkbox>
        <Field label="Note" optional hint="What was changed, by whom, what is still to be done.">
          <TextArea value={note} onChange={setNote} rows={3} />
        </Field>
        {done.failure && <Trouble failure={done.failure} />}
        <FormFoot>
          <Button
            kind="primary"
            type="submit"
            pagePrimary
            busy={done.busy}
            off={is ? null : 'it is not ticked that the address is changed'}
            offAt="beside"
          >
            Finish the switch-over
          </Button>
        </FormFoot>
      </Form>
    </>
  )
}
