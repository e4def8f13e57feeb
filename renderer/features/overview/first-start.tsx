import type { ReactNode } from 'react'
import { go } from '../../app/navigation.ts'
import { href } from '../../app/router.ts'
import { LinkButton, Rows, Section, SplitButton, Verdict } from '../../ui/index.ts'
import { serverKinds } from '../servers/index.ts'
import { firstVerdict, type OverviewValue, type Step } from './model.ts'
import css from './overview.module.css'

type FirstStartProps = {
  steps: readonly Step[]
  value: OverviewValue
  /** How old the answer is, and how to ask again. */
  side: ReactNode
}

/** Before the first backup: what is missing, what that prevents, and the one thing to do. */
export function FirstStart({ steps, value, side }: FirstStartProps) {
  const next = steps.find(({ done }) => !done)
  const verdict = firstVerdict(value, next?.key)
  return (
    <>
      <Verdict {...verdict} question="Can we recover right now?" {...(value.servers > 0 && { side })} />
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
            ...(step === next && { side: <Deed step={step} primary={value.points === 0} /> }),
          }))}
        />
      </Section>
    </>
  )
}

const addServer = (type: string) => go({ page: 'servers', mode: 'new', query: { type } })

/** @param primary not when getting back what is there comes first */
function Deed({ step, primary }: { step: Step; primary: boolean }) {
  const kind = primary ? 'primary' : 'plain'
  switch (step.key) {
    case 'server':
      return (
        <SplitButton
          pagePrimary={primary}
          icon="plus"
          text="Add S3 server"
          onClick={() => addServer('s3')}
          menuLabel="Add a server of another kind"
          items={serverKinds.map(({ type, title, icon }) => ({
            id: type,
            text: title,
            icon,
            onPick: () => addServer(type),
            ...(type === 's3' && { tag: 'Default' }),
          }))}
        />
      )
    case 'plan':
      return (
        <LinkButton kind={kind} icon="plus" pagePrimary={primary} href={href({ page: 'plans', mode: 'new' })}>
          Add plan
        </LinkButton>
      )
    case 'start':
      return (
        <LinkButton
          kind={kind}
          icon="play"
          pagePrimary={primary}
          href={href({ page: 'plans', mode: 'list' })}
        >
          Open plans
        </LinkButton>
      )
    case 'run':
      return (
        <LinkButton kind={kind} pagePrimary={primary} href={href({ page: 'restore', step: 'system' })}>
          Start a restore
        </LinkButton>
      )
  }
}
