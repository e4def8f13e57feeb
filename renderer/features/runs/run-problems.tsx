import { useState } from 'react'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { useCall, useDeed } from '../../app/app-context.tsx'
import { counted, formatCount } from '../../app/format.ts'
import { Button, type Column, DataTable, PathText, Trouble } from '../../ui/index.ts'
import { isLive } from '../../app/run-words.ts'
import { problemsShown } from './run-failed.ts'
import css from './runs.module.css'

type Problem = OutputOf<'run.problems'>['problems'][number]
type Shown = ReturnType<typeof problemsShown>[number]
type Line = Shown & { key: string }

const columns: Column<Line>[] = [
  { id: 'subject', head: 'What', cell: ({ subject }) => <PathText path={subject} /> },
  {
    id: 'detail',
    head: 'Why',
    width: '45%',
    cell: ({ detail }) => (
      <span className="truncate" title={detail}>
        {detail}
      </span>
    ),
  },
  { id: 'code', head: 'Code', width: '18%', cell: ({ code }) => <code className="note">{code}</code> },
]
const keyOf = ({ key }: Line) => key

/** All problems of a run, or what ended it: the first twenty at once, the others when they are asked for. */
export function RunProblems({ run }: { run: RunSnapshot }) {
  const call = useCall()
  const [loaded, setLoaded] = useState<readonly Problem[]>([])
  const more = useDeed((options, from: number) =>
    call('run.problems', { runId: run.id, from, limit: 1000 }, options),
  )
  const known: readonly Shown[] = loaded.length > run.firstProblems.length ? loaded : problemsShown(run)
  const left = Math.max(0, run.problems - known.length)
  const load = async () => {
    const answer = await more.run(loaded.length)
    if (answer?.ok) setLoaded(last => [...last, ...answer.value.problems])
  }
  return (
    <>
      <DataTable
        label="Problems"
        columns={columns}
        rows={known.map((problem, index) => ({ ...problem, key: String(index) }))}
        rowKey={keyOf}
        density="dense"
        empty={<span className="muted">{isLive(run) ? 'No problem so far.' : 'No problem.'}</span>}
      />
      {more.failure && <Trouble failure={more.failure} />}
      {left > 0 && (
        <p className={css.logHead}>
          <span className="note">
            {formatCount(known.length)} of {counted(run.problems, 'problem')} shown.
          </span>
          <Button size="small" busy={more.busy} onClick={() => void load()}>
            {`Show ${formatCount(Math.min(left, 1000))} more`}
          </Button>
        </p>
      )}
    </>
  )
}
