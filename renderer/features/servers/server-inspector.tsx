import { useState } from 'react'
import { useStore } from 'zustand'
import type { ServerInfo } from '../../../shared/contract/server.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { counted } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { LeaveGuard } from '../../app/parts/leave-guard.tsx'
import {
  AlertDialog,
  Button,
  Field,
  Form,
  FormFoot,
  Inspector,
  Menu,
  TextField,
  Trouble,
  useAnnounce,
} from '../../ui/index.ts'
import { ConnectionCheck } from './connection-check.tsx'
import { draftOf } from './draft.ts'
import { placeOf, typeOf, usersOf } from './model.ts'
import { ServerFields } from './server-fields.tsx'
import css from './servers.module.css'
import { useServerForm } from './use-server-form.ts'

/** All of one server: its settings, to be changed in place, and what the last check found. */
export function ServerInspector({ info }: { info: ServerInfo }) {
  const { record } = info
  const { servers, plans: planStore } = useStores()
  const known = useStore(planStore, ({ value }) => value?.plans)
  // The list of servers is not asked anew when a plan changes.
  const plans = known ? usersOf(record.name, known) : info.plans
  const announce = useAnnounce()
  const base = draftOf(record, info.hasSecrets !== false && record.type !== 'local')
  const form = useServerForm(base, info)
  const [removing, setRemoving] = useState(false)
  const save = async () => {
    const saved = await form.save()
    if (!saved) return
    announce(`${saved.record.name} is saved.`)
    await servers.refresh()
    if (saved.record.name !== record.name)
      go({ page: 'servers', mode: 'show', name: saved.record.name }, { replace: true })
  }
  const check = async () => {
    const test = await form.check()
    if (test) announce(test.failure ? 'The check failed.' : 'The check passed.')
  }
  const off = !form.dirty
    ? 'Nothing has changed.'
    : form.wrongCount > 0
      ? `${counted(form.wrongCount, 'field needs', 'fields need')} a change`
      : null
  const used =
    plans.length === 0 ? 'Used by no plan.' : `Used by ${counted(plans.length, 'plan')}: ${plans.join(', ')}.`
  return (
    <Inspector
      title={record.name}
      lead={`${typeOf(record)}, ${placeOf(record)}. ${used}`}
      actions={
        <>
          <Button icon="refresh-cw" busy={form.checking} onClick={() => void check()}>
            Check connection
          </Button>
          <Menu
            label={`More for ${record.name}`}
            items={[
              {
                id: 'remove',
                text: 'Remove server',
                icon: 'trash-2',
                danger: true,
                off: plans.length > 0 ? `used by ${plans.join(', ')}` : null,
                onPick: () => setRemoving(true),
              },
            ]}
          >
            <Button iconAfter="chevron-down">More</Button>
          </Menu>
        </>
      }
    >
      <div className={css.columns}>
        <Form label={`Settings of ${record.name}`} onSubmit={() => void save()}>
          <div className={css.head}>
            <h3>Settings</h3>
          </div>
          <ServerFields form={form} />
          <FormFoot>
            <Button type="submit" busy={form.saving} off={off} offAt="elsewhere">
              Save
            </Button>
            {form.dirty && (
              <Button kind="quiet" onClick={form.undo}>
                Undo changes
              </Button>
            )}
            {off !== null && <span className="note">{form.dirty ? `Off: ${off}` : off}</span>}
          </FormFoot>
        </Form>
        <ConnectionCheck form={form} name={record.name} />
      </div>
      <LeaveGuard dirty={form.dirty} what={`the changes to ${record.name}`} />
      {removing && <RemoveServer info={info} onClose={() => setRemoving(false)} />}
    </Inspector>
  )
}

/** Asks to type the name; nothing on the server itself is touched. */
function RemoveServer({ info, onClose }: { info: ServerInfo; onClose: () => void }) {
  const { name, type } = info.record
  const { servers } = useStores()
  const call = useCall()
  const [typed, setTyped] = useState('')
  const remove = useDeed(options => call('server.remove', { name }, options))
  const confirm = async () => {
    const answer = await remove.run()
    if (!answer?.ok) return
    await servers.refresh()
    onClose()
    go({ page: 'servers', mode: 'list' }, { replace: true })
  }
  return (
    <AlertDialog
      open
      escape="harmless"
      title={`Remove ${name} from this console?`}
      keep="Keep it"
      onKeep={onClose}
      deed={{
        text: `Remove ${name}`,
        onPick: () => void confirm(),
        busy: remove.busy,
        off: typed === name ? null : 'type the name first',
      }}
    >
      <p>
        Its settings{type === 'local' ? '' : ', and its secrets in the vault,'} are forgotten here. Nothing on
        the server is touched: restore points stay there, and adding it again brings them back.
      </p>
      <Field
        label={
          <>
            To go on, type the name: <code className={css.word}>{name}</code>
          </>
        }
      >
        <TextField code value={typed} onChange={setTyped} onEnter={() => undefined} />
      </Field>
      {remove.failure && <Trouble failure={remove.failure} around={{ server: name }} />}
    </AlertDialog>
  )
}
