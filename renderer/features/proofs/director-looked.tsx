import type { ReactNode } from 'react'
import type { ProofReport } from '../../../shared/contract/proof.ts'
import { useCall, useDeed, useUnreachable } from '../../app/app-context.tsx'
import { href } from '../../app/router.ts'
import { Button, LinkButton, Trouble } from '../../ui/index.ts'
import { unlooked } from './director-model.ts'
import css from './proofs.module.css'

type Line = { title: string; detail?: string; action?: ReactNode }

/** A line that nobody looked at a page gets the button that says somebody did. */
export function withLook(line: Line, { director, runId, result }: ProofReport, again: () => void): Line {
  const isRestored = result === 'restored' || result === 'restored-with-problems'
  const page = director && isRestored ? unlooked(line.title, director) : null
  if (!director || page === null) return line
  return {
    ...line,
    action: <Looked page={page} runId={runId} noted={director.afterwards} again={again} />,
  }
}

function Looked(props: {
  page: 'director' | 'analytics'
  runId: string
  noted: NonNullable<ProofReport['director']>['afterwards']
  again: () => void
}) {
  const { page, runId, noted, again } = props
  const call = useCall()
  const away = useUnreachable()
  const save = useDeed(async options => {
    const checks = [...noted, { id: page, ok: true, note: '' }]
    const answer = await call('director.afterwards', { runId, checks }, options)
    if (answer.ok) again()
    return answer
  })
  return (
    <span className={css.looked}>
      <Button size="small" busy={save.busy} off={away} onClick={() => void save.run()}>
        I have looked: all there
      </Button>
      <LinkButton size="small" kind="quiet" href={href({ page: 'runs', mode: 'show', name: runId })}>
        Note something else
      </LinkButton>
      {save.failure && <Trouble failure={save.failure} title="It was not noted" />}
    </span>
  )
}
