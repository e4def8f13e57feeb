import type { ReactNode } from 'react'
import type { Failure } from '../../../shared/failure.ts'
import { href } from '../../app/router.ts'
import { LinkButton, Trouble } from '../../ui/index.ts'

type VaultLockedProps = {
  failure: Failure
  /** What is tried again afterwards, as `read it`. */
  then: string
  /** Beside the way to Settings. */
  actions?: ReactNode
}

/** Nothing is wrong with a host, a folder or a server: what opens it is behind the locked vault. */
export function VaultLocked({ failure, then, actions }: VaultLockedProps) {
  return (
    <Trouble
      failure={failure}
      title="The vault is locked"
      todo={`Unlock the vault under Settings, then ${then} again.`}
      actions={
        <>
          <LinkButton size="small" href={href({ page: 'settings' })}>
            Go to Settings
          </LinkButton>
          {actions}
        </>
      }
    />
  )
}
