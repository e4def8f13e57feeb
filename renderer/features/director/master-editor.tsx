import type { MasterHost, MasterView } from '../../../shared/contract/director.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import { Button, Checkbox, FormRow } from '../../ui/index.ts'
import css from './director.module.css'
import { paths, readPort, typedValue, withEdits } from './master.ts'
import { isSamePath } from './model.ts'
import { PasswordField, ValueField } from './value-field.tsx'

type Value = Extract<MasterEdit, { op: 'set' }>['value']
const erased = (enabled: boolean) => (enabled ? 'Erased and restored.' : 'Left alone.')

type Props = {
  /** As it stands in the file. */
  view: MasterView
  edits: readonly MasterEdit[]
  onEdit: (edit: MasterEdit, was?: Value) => void
  onUndo: (path: MasterEdit['path']) => void
  onUndoAll: () => void
  onDone: () => void
  /** What becomes of a host. */
  fate?: (enabled: boolean) => string
}

/** The values of `master.yml` that matter before a restore. Nothing is written here: changes become a difference. */
export function MasterEditor({ view, edits, onEdit, onUndo, onUndoAll, onDone, fate = erased }: Props) {
  const now = withEdits(view, edits)
  const changed = (path: MasterEdit['path']) => edits.some(edit => isSamePath(edit.path, path))
  const set = (path: MasterEdit['path'], value: Value, was: Value) => onEdit({ op: 'set', path, value }, was)
  /** A value by its path, with what stands in the file and what stands there now. */
  const field = (
    label: string,
    path: MasterEdit['path'],
    was: string | number | null,
    is: string | number | null,
    more: { refuse?: (typed: string) => string | null; optional?: boolean; hint?: string } = {},
  ) => (
    <ValueField
      key={label}
      label={label}
      value={is === null ? '' : String(is)}
      changed={changed(path)}
      onValue={typed => set(path, typedValue(typed, was), was === '' ? null : was)}
      {...more}
    />
  )
  const host = (was: MasterHost, at: number) => {
    const is = now.hosts[at] ?? was
    const name = was.name === '' ? `server ${was.index + 1}` : was.name
    const path = (key: Parameters<typeof paths.host>[1]) => paths.host(was.index, key)
    return (
      <section key={was.index} className={css.host} aria-label={name}>
        <Checkbox
          checked={is.enabled}
          onChange={enabled => set(path('enabled'), enabled, was.enabled)}
          detail={fate(is.enabled)}
        >
          {name}, enabled
        </Checkbox>
        <FormRow columns="minmax(0, 1fr) 6rem minmax(0, 0.7fr) minmax(0, 1.2fr)">
          {field('Address', path('ip'), was.ip, is.ip)}
          {field('Port', path('port'), was.port, is.port, {
            refuse: typed => (readPort(typed) === null ? 'From 1 to 65535.' : null),
          })}
          {field('User', path('user'), was.user, is.user)}
          <PasswordField
            label="Password"
            changed={changed(path('password'))}
            onDraft={draft => onEdit({ op: 'secret', path: path('password'), draft })}
            onUndo={() => onUndo(path('password'))}
          />
        </FormRow>
      </section>
    )
  }
  return (
    <div className={css.editor}>
      {view.hosts.map(host)}
      <FormRow columns="repeat(3, minmax(0, 1fr))">
        {field('director_site', paths.site(), view.directorSite, now.directorSite, {
          hint: 'DC or DR: what this Director will be.',
        })}
        {field('install_msp', paths.installMsp(), view.installMsp, now.installMsp, {
          optional: true,
          hint: 'Empty for a restore.',
        })}
        {field('install_tenant', paths.installTenant(), view.installTenant, now.installTenant, {
          optional: true,
          hint: 'Empty for a restore.',
        })}
      </FormRow>
      {view.keepalived.map((was, index) => (
        <FormRow key={index} columns="repeat(3, minmax(0, 1fr))">
          {field(`host_vrrp_ip ${index + 1}`, paths.keepalived(index, 'ip'), was.ip, ip(now, index))}
          {field(`host_vrrp_id ${index + 1}`, paths.keepalived(index, 'id'), was.id, id(now, index), {
            hint: 'Unlike that of every other setup in this network.',
          })}
        </FormRow>
      ))}
      {(view.externalIp.length > 0 || view.disks.length > 0) && (
        <FormRow columns="repeat(3, minmax(0, 1fr))">
          {view.externalIp.map((was, index) =>
            field(
              view.externalIp.length === 1 ? 'external_ip' : `external_ip ${index + 1}`,
              paths.externalIp(index),
              was,
              now.externalIp[index] ?? '',
            ),
          )}
          {view.disks.map((was, index) =>
            field(was.key, paths.disk(was.key), plain(was.value), now.disks[index]?.value ?? ''),
          )}
        </FormRow>
      )}
      <p className={css.below}>
        <Button onClick={onDone}>Show the difference</Button>
        <Button off={edits.length === 0 ? 'nothing is changed' : null} offAt="tooltip" onClick={onUndoAll}>
          Undo all changes
        </Button>
        <span className="note">The old file stays beside the new one.</span>
      </p>
    </div>
  )
}

const ip = ({ keepalived }: MasterView, index: number) => keepalived[index]?.ip ?? null
const id = ({ keepalived }: MasterView, index: number) => keepalived[index]?.id ?? null
/** A disk's size is a number in the file. */
const plain = (value: string): string | number => (/^\d{1,15}$/.test(value) ? Number(value) : value)
