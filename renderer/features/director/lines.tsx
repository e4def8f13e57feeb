import type { ReactNode } from 'react'
import type { DirectorLine } from '../../../shared/contract/director.ts'
import type { Deployment, MasterEdit } from '../../../shared/director.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { Button } from '../../ui/index.ts'
import { pathText } from './master.ts'

type MendLineProps = {
  line: DirectorLine
  /** The deployment folder's; null while it is not known. */
  record: Deployment | null
  onEdit: (edit: MasterEdit) => void
  /** A key was pinned: the record is another. */
  onSaved: () => void
  /** Where neither a change to `master.yml` nor a key mends it. */
  otherwise?: ReactNode
}

/** What mends a line: a change to `master.yml`, or a host key that is pinned. */
export function MendLine({ line: { edit, pin }, record, onEdit, onSaved, otherwise }: MendLineProps) {
  if (pin && record) return <TrustKey record={record} pin={pin} onSaved={onSaved} />
  if (!edit) return otherwise
  return (
    <Button size="small" onClick={() => onEdit(edit)}>
      {edit.op === 'set' && (edit.value === null || edit.value === '') ? (
        <>Empty {pathText(edit.path)}</>
      ) : (
        'Mend it'
      )}
    </Button>
  )
}

type TrustKeyProps = {
  record: Deployment
  pin: NonNullable<DirectorLine['pin']>
  /** The record is another now. */
  onSaved: () => void
}

/** Pins the key that a host of `master.yml` showed. */
export function TrustKey({ record, pin, onSaved }: TrustKeyProps) {
  const call = useCall()
  const save = useDeed((options, next: Deployment) =>
    call('director.save', { record: next, secrets: null, replaces: next.name }, options),
  )
  return (
    <Button
      size="small"
      icon="pin"
      busy={save.busy}
      off={save.failure ? (save.failure.detail ?? save.failure.code) : null}
      onClick={() =>
        void save
          .run({ ...record, hostKeys: { ...record.hostKeys, [pin.address]: pin.fingerprint } })
          .then(answer => {
            if (answer?.ok) onSaved()
          })
      }
    >
      Trust this key
    </Button>
  )
}
