import type { ReactNode } from 'react'
import {
  Button,
  LinkButton,
  PageBody,
  PageHeader,
  type PageHeaderProps,
  WizardPage,
  type WizardPageProps,
} from '../../ui/index.ts'

export type WizardFrameProps = Pick<PageHeaderProps, 'title' | 'path' | 'lead' | 'mark'> &
  WizardPageProps & {
    /** Where *Leave* leads to. */
    leave: string
    /** Before *Back*: what else can be done with all of it. */
    aside?: ReactNode
    /** Absent: there is no step before. */
    onBack?: (() => void) | undefined
    /** Absent: the step goes on by a button of its own. `off`: why not, as of a Button. */
    next?: { text: string; off: string | null; onGo: () => void } | undefined
  }

/** A page of steps: Leave, Back and Next in its header, the steps with their answers at the left. */
export function WizardFrame(props: WizardFrameProps) {
  const { title, path, lead, mark, leave, aside, onBack, next, ...wizard } = props
  return (
    <>
      <PageHeader
        title={title}
        lead={lead}
        mark={mark}
        {...(path && { path })}
        actions={
          <>
            {aside}
            <LinkButton href={leave}>Leave</LinkButton>
            {onBack && <Button onClick={onBack}>Back</Button>}
            {next && (
              <Button kind="primary" pagePrimary off={next.off} offAt="beside" onClick={next.onGo}>
                {next.text}
              </Button>
            )}
          </>
        }
      />
      <PageBody flush>
        <WizardPage {...wizard} />
      </PageBody>
    </>
  )
}
