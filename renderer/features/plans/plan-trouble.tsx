import type { PlanSettings } from '../../../shared/plan.ts'
import type { Failure } from '../../../shared/failure.ts'
import { href } from '../../app/router.ts'
import { LinkButton, Trouble } from '../../ui/index.ts'

type PlanTroubleProps = { settings: PlanSettings; failure: Failure; title: string }

/** Why a plan could not be started, or a run of it not begin, with the way to what mends it. */
export function PlanTrouble({ settings: { source }, failure, title }: PlanTroubleProps) {
  if (failure.code === 'auth.vault-locked')
    return (
      <Trouble
        failure={failure}
        title={title}
        todo="Unlock the vault, then try again."
        actions={
          <LinkButton size="small" href={href({ page: 'settings' })}>
            Go to Settings
          </LinkButton>
        }
      />
    )
  // What an analytics backup lacks is a command on its Director.
  const lacks = failure.code === 'input.invalid' && source.kind === 'director' ? source.deployment : null
  return (
    <Trouble
      failure={failure}
      {...(lacks !== null && {
        todo: 'Set the command on the Director that prints it, then try again.',
        actions: (
          <LinkButton
            size="small"
            href={href({ page: 'sites', mode: 'show', name: lacks, query: { tab: 'components' } })}
          >
            See its components
          </LinkButton>
        ),
      })}
    />
  )
}
