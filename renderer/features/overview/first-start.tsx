import { href } from '../../app/router.ts'
import { LinkButton, Rows, Section, Verdict } from '../../ui/index.ts'
import type { Step } from './model.ts'
import css from './overview.module.css'

/** Before the first backup: what is missing, what that prevents, and the one thing to do. @param points on the servers */
export function FirstStart({ steps, points }: { steps: readonly Step[]; points: number }) {
  const next = steps.find(({ done }) => !done)
  return (
    <>
      <Verdict
        tone="bad"
        question="Can we recover right now?"
        answer={points > 0 ? 'Only what is on the servers already.' : 'No: nothing is backed up yet.'}
        reason={
          points > 0
            ? 'There are restore points on the servers. No plan adds to them.'
            : next?.key === 'server'
              ? 'Drydock knows no server. To get data back, add the one it lies on: nothing else has to be set up.'
              : 'There is a server, and no plan has stored anything there.'
        }
      />
      <Section title="What is missing" className={css.steps}>
        <Rows
          label="Steps to a first backup"
          strong
          rows={steps.map(step => ({
            key: step.key,
            shape: step.done ? ('ok' as const) : step === next ? ('open' as const) : ('later' as const),
            tone: step.done ? ('ok' as const) : ('idle' as const),
            title: (
              <>
                {step.title}
                <span className="visually-hidden">
                  {step.done ? ', done' : step === next ? ', next' : ', later'}
                </span>
              </>
            ),
            detail: step.detail,
            ...(step === next && { side: <Deed step={step} /> }),
          }))}
        />
      </Section>
    </>
  )
}

function Deed({ step }: { step: Step }) {
  switch (step.key) {
    case 'server':
      return (
        <LinkButton
          kind="primary"
          icon="plus"
          pagePrimary
          href={href({ page: 'servers', mode: 'new', query: { type: 's3' } })}
        >
          Add S3 server
        </LinkButton>
      )
    case 'plan':
      return (
        <LinkButton kind="primary" icon="plus" pagePrimary href={href({ page: 'plans', mode: 'new' })}>
          Add plan
        </LinkButton>
      )
    case 'start':
      return (
        <LinkButton kind="primary" icon="play" pagePrimary href={href({ page: 'plans', mode: 'list' })}>
          Open plans
        </LinkButton>
      )
    case 'run':
      return (
        <LinkButton kind="primary" pagePrimary href={href({ page: 'restore', step: 'system' })}>
          Start a restore
        </LinkButton>
      )
  }
}
