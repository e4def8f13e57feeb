import type { Deployment } from '../../../shared/director.ts'
import { directorFiles } from '../../../shared/director-files.ts'
import { commandsOf, notSetIn } from '../../../shared/director-commands.ts'
import type { SystemRecord } from '../../../shared/plan.ts'
import { href } from '../../app/router.ts'
import { Choice, Field, LinkButton, Notice, Select, StatusMark } from '../../ui/index.ts'
import css from './plans.module.css'
import { withDeployment } from './start-draft.ts'
import type { PlanForm } from './use-plan-form.ts'

type DirectorPartProps = {
  form: PlanForm
  systems: readonly SystemRecord[]
  /** Null: not asked yet. */
  known: readonly Deployment[] | null
}

/** Which Director, what of it, and which of its commands nobody has set. */
export function DirectorPart({ form: { draft, wrong, change }, systems, known }: DirectorPartProps) {
  const chosen = known?.find(({ name }) => name === draft.deployment)
  if (known?.length === 0 && draft.deployment === '')
    return (
      <Notice
        tone="warn"
        actions={
          <LinkButton
            size="small"
            href={href({ page: 'overview', mode: 'new', query: { kind: 'director' } })}
          >
            Add a Director
          </LinkButton>
        }
      >
        <b>No Director is known here yet.</b> Its deployment folder tells where its hosts are: add it first.
      </Notice>
    )
  return (
    <>
      <Field
        label="Director"
        error={wrong['source.deployment']}
        hint={
          chosen ? <NotSet of={chosen} part={draft.part} /> : 'Known by the name of its deployment folder.'
        }
      >
        <Select
          value={draft.deployment === '' ? null : draft.deployment}
          placeholder="Choose its deployment folder"
          onChange={deployment => change(withDeployment(deployment, systems))}
          options={(known ?? []).map(({ name }) => ({ value: name, text: name }))}
        />
      </Field>
      <Field group label="What of it">
        <Choice
          value={draft.part}
          onChange={part => change({ part, ...(part === 'analytics' && { when: 'daily' as const }) })}
          options={[
            {
              value: 'configuration',
              title: 'Configuration',
              detail:
                'Its five components, under the names that setup.sh restores. The latest copies are replaced when all five succeeded.',
            },
            {
              value: 'analytics',
              title: 'Analytics data',
              detail: 'The data of the day before (UTC), as one file of its own.',
            },
          ]}
        />
      </Field>
    </>
  )
}

/** Commands that nobody has set: what follows from it, and where it is mended. */
function NotSet({ of, part }: { of: Deployment; part: 'configuration' | 'analytics' }) {
  const lacking =
    part === 'configuration'
      ? notSetIn(commandsOf(of.commands)).map(component => directorFiles[component].title)
      : of.analytics?.command
        ? []
        : ['its analytics data']
  const components = (
    <a href={href({ page: 'sites', mode: 'show', name: of.name, query: { tab: 'components' } })}>
      {lacking.length === 0 ? 'See its components' : 'Set it under its components'}
    </a>
  )
  if (lacking.length === 0) return <>A command is set for all that is kept. {components}</>
  return (
    <span className={css.notThere} role="status">
      <StatusMark shape="warn" tone="warn" size="small" /> No command is set for {lacking.join(', ')}:{' '}
      {part === 'configuration'
        ? 'left out of every run, and the latest copies stay as they are.'
        : 'the plan can be saved, but not started.'}{' '}
      {components}
    </span>
  )
}
