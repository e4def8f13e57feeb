import { useState } from 'react'
import type { Preflight as Found } from '../../../shared/contract/restore.ts'
import { preflightTitles } from '../../../shared/preflight-titles.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { counted, formatBytes, formatCount } from '../../app/format.ts'
import { CheckBoard } from '../../app/parts/checks/check-board.tsx'
import type { UseChecked } from '../../app/parts/checks/checks.ts'
import { href } from '../../app/router.ts'
import { Button, Facts, LinkButton, PathText, Section } from '../../ui/index.ts'
import css from './restore.module.css'

type Line = Found['lines'][number]
type Props = {
  checked: UseChecked<Line, Found>
  point: string
  server: string
  /** Leads to the step where a line can be put right. */
  onGo: (step: 'source' | 'point' | 'target') => void
}

const mending: Partial<Record<Line['id'], { step: 'source' | 'point' | 'target'; text: string }>> = {
  server: { step: 'source', text: 'Choose another source' },
  point: { step: 'point', text: 'Choose another point' },
  proof: { step: 'point', text: 'Choose another point' },
  secret: { step: 'point', text: 'Open it' },
  target: { step: 'target', text: 'Change the target' },
  room: { step: 'target', text: 'Change the target' },
  conflicts: { step: 'target', text: 'Change the target' },
  names: { step: 'target', text: 'Change the target' },
}

/** Can this restore start? */
export function StepPreflight({ checked, point, server, onGo }: Props) {
  const mend = ({ id, state, finding }: Line) => {
    const way = mending[id]
    if (id === 'proof' && finding.startsWith('Unverified')) return <VerifyNow point={point} server={server} />
    if (!way || state === 'not-tried') return null
    return (
      <Button size="small" onClick={() => onGo(way.step)}>
        {way.text}
      </Button>
    )
  }
  return (
    <CheckBoard checked={checked} question="Can this restore start?" mend={mend} titles={preflightTitles}>
      {checked.result?.preview && <WhatWillRun result={checked.result} />}
    </CheckBoard>
  )
}

function WhatWillRun({ result }: { result: Found }) {
  const { preview, lands } = result
  if (!preview) return null
  const { create, replace, same, leave, refuse, bytes } = preview
  return (
    <Section title="What will be done" note="counted now, entry by entry">
      <div className={css.done}>
        <Facts
          tight
          names="8.5rem"
          facts={[
            ['Written', `${counted(create + replace, 'entry', 'entries')}, ${formatBytes(bytes)}`],
            replace > 0 && ['Of these replaced', formatCount(replace)],
            same > 0 && ['There and equal', formatCount(same)],
            leave > 0 && ['Stay as they are', formatCount(leave)],
            refuse > 0 && ['Cannot be written', formatCount(refuse)],
            lands !== null && ['The first lands at', <PathText key="lands" path={lands} />],
          ]}
        />
      </div>
    </Section>
  )
}

/** Reads the whole point back, which takes as long as fetching it does; the answers here stay. */
function VerifyNow({ point, server }: { point: string; server: string }) {
  const call = useCall()
  const verify = useDeed(options => call('point.verify', { point, server, deep: true }, options))
  const [runId, setRunId] = useState<string | null>(null)
  if (runId !== null)
    return (
      <LinkButton size="small" href={href({ page: 'runs', mode: 'show', name: runId })}>
        See the run
      </LinkButton>
    )
  return (
    <Button
      size="small"
      icon="shield-check"
      busy={verify.busy}
      off={verify.failure ? (verify.failure.detail ?? verify.failure.code) : null}
      onClick={() => void verify.run().then(answer => answer?.ok && setRunId(answer.value.runId))}
    >
      Verify it now
    </Button>
  )
}
