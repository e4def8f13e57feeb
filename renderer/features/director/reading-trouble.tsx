import { useState } from 'react'
import type { DeploymentInfo } from '../../../shared/contract/director.ts'
import type { Deployment } from '../../../shared/director.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { Button, Notice, Trouble } from '../../ui/index.ts'
import { pinned, placeWords, readingWords, shownKey } from './deployment-draft.ts'
import css from './director.module.css'
import { VaultLocked } from './vault-locked.tsx'

type Props = {
  info: DeploymentInfo
  failure: Failure
  busy: boolean
  /** Its record was saved with a key, or it shall be read again. */
  onAgain: () => void
  onEdit: () => void
}

/** Why a deployment folder cannot be read; a host that nobody has vouched for is asked about. */
export function ReadingTrouble({ info, failure, busy, onAgain, onEdit }: Props) {
  const { record } = info
  const shown = shownKey(failure, record.place)
  const call = useCall()
  const [copied, setCopied] = useState(false)
  const save = useDeed((options, next: Deployment) =>
    call('director.save', { record: next, secrets: null, replaces: record.name }, options),
  )
  if (!shown) {
    const again = (
      <Button size="small" icon="refresh-cw" busy={busy} onClick={onAgain}>
        Read it again
      </Button>
    )
    if (failure.code === 'auth.vault-locked')
      return <VaultLocked failure={failure} then="read it" actions={again} />
    const { title, todo } = readingWords(failure, placeWords(record.place))
    return (
      <Trouble
        failure={failure}
        title={title}
        {...(todo !== undefined && { todo })}
        actions={
          <>
            {again}
            <Button size="small" icon="pencil" onClick={onEdit}>
              Change the folder
            </Button>
          </>
        }
      />
    )
  }
  return (
    <>
      <Notice urgent tone="warn">
        <b>Nobody has vouched for {shown.host} yet.</b> It showed this {shown.kind} key:
        <code className={css.fingerprint}>{shown.fingerprint}</code>
        Compare it with what its administrator tells you. Nothing was sent to it.
        <span className={css.below}>
          <Button
            size="small"
            busy={save.busy}
            onClick={() =>
              void save.run(pinned(record, shown)).then(answer => {
                if (answer?.ok) onAgain()
              })
            }
          >
            Trust this key
          </Button>
          <Button
            size="small"
            icon="copy"
            onClick={() =>
              void navigator.clipboard.writeText(shown.fingerprint).then(
                () => setCopied(true),
                () => setCopied(false),
              )
            }
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
        </span>
      </Notice>
      {save.failure && <Trouble failure={save.failure} title="The key was not kept" />}
    </>
  )
}
