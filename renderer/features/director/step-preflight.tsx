import type { DeploymentInfo, DirectorLine, DirectorPreflight } from '../../../shared/contract/director.ts'
import type { MasterEdit } from '../../../shared/director.ts'
import { CheckBoard } from '../../app/parts/checks/check-board.tsx'
import type { UseChecked } from '../../app/parts/checks/checks.ts'
import { Button } from '../../ui/index.ts'
import { Written } from './changes.tsx'
import { MendLine } from './lines.tsx'

type Props = {
  checked: UseChecked<DirectorLine, DirectorPreflight>
  deployment: DeploymentInfo | null
  onEdit: (edit: MasterEdit) => void
  /** A key was pinned: the record is another. */
  onSaved: () => void
  onGo: (step: MendingStep) => void
  /** Drydock gives the files to the hosts itself; absent: it does already. */
  onServe?: (() => void) | undefined
}

/** Can this restore start? */
export function StepPreflight({ checked, deployment, onEdit, onSaved, onGo, onServe }: Props) {
  return (
    <CheckBoard
      checked={checked}
      question="Can this restore start?"
      mend={line => (
        <MendLine
          line={line}
          record={deployment?.record ?? null}
          onEdit={onEdit}
          onSaved={onSaved}
          otherwise={<OtherWay line={line} onGo={onGo} onServe={onServe} />}
        />
      )}
    >
      {checked.result && (
        <Written diffs={checked.result.diffs} when="when the restore begins, never before" />
      )}
    </CheckBoard>
  )
}

type MendingStep = 'source' | 'point' | 'target'
/** Where a line can be put right, by what its id begins with; what only the host itself can mend has no button. */
const mending: Readonly<Record<string, MendingStep>> = {
  ...{ server: 'source', fetch: 'source', files: 'point', content: 'point' },
  ...{ host: 'target', folder: 'target', mode: 'target', site: 'target', hosts: 'target', login: 'target' },
  ...{ 'restore.yml': 'target', 'master.yml': 'target' },
}
const mendingWords: Record<MendingStep, string> = {
  source: 'Choose another source',
  point: 'Choose another run',
  target: 'Change the target',
}

/** Another way for the files, or a step back. */
function OtherWay({ line, onGo, onServe }: { line: DirectorLine } & Pick<Props, 'onGo' | 'onServe'>) {
  const { id, state } = line
  if (id === 'fetch' && onServe && (state === 'stop' || state === 'warn'))
    return (
      <Button size="small" onClick={onServe}>
        Serve through Drydock
      </Button>
    )
  const step = id === 'fetch' && !onServe ? 'target' : mending[id.split(/[:/]/, 1)[0] ?? '']
  if (state === 'not-tried' || !step) return null
  return (
    <Button size="small" onClick={() => onGo(step)}>
      {mendingWords[step]}
    </Button>
  )
}
