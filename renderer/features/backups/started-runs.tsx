import { useStore } from 'zustand'
import { useStores } from '../../app/app-context.tsx'
import { counted } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { isLive } from '../../app/run-words.ts'
import { Button, LinkButton, Notice } from '../../ui/index.ts'

export type Started = { what: 'verification' | 'copy'; runIds: readonly string[] }

/** Runs that were started from here, until what came of them was seen. */
export function StartedRuns({ started, onClose }: { started: Started; onClose: () => void }) {
  const byId = useStore(useStores().runs, state => state.byId)
  const { what, runIds } = started
  const runs = runIds.map(id => byId.get(id))
  const live = runs.filter(run => !run || isLive(run)).length
  const bad = runs.filter(run => run && !isLive(run) && run.state !== 'succeeded').length
  const name = (count: number) => (what === 'copy' ? counted(count, 'copy', 'copies') : counted(count, what))
  const [only] = runIds.length === 1 ? runIds : []
  const see = (
    <LinkButton
      size="small"
      href={href(only ? { page: 'runs', mode: 'show', name: only } : { page: 'runs', mode: 'list' })}
    >
      {only ? 'See the run' : 'See runs'}
    </LinkButton>
  )
  if (live > 0)
    return (
      <Notice tone="run" actions={see}>
        {live < runIds.length
          ? `${live} of ${name(runIds.length)} still under way.`
          : `${name(live)} under way.`}
      </Notice>
    )
  return (
    <Notice
      tone={bad > 0 ? 'bad' : 'ok'}
      actions={
        <>
          {see}
          <Button size="small" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      {bad > 0 ? `${name(bad)} did not end well.` : `${name(runIds.length)} done.`}
    </Notice>
  )
}
