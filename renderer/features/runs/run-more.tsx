import { type ReactNode, useState } from 'react'
import type { RunSnapshot } from '../../../shared/contract/run.ts'
import { href } from '../../app/router.ts'
import { isLive } from '../../app/run-words.ts'
import { Facts, Section, Tabs, visibleControls } from '../../ui/index.ts'
import { usePlan } from './run-actions.tsx'
import { problemCount } from './run-failed.ts'
import { RunLog } from './run-log.tsx'
import { RunProblems } from './run-problems.tsx'
import css from './runs.module.css'
import { SaveLog } from './save-log.tsx'

type More = 'log' | 'problems' | 'about'

/** Log, problems, and what was asked for. */
export function RunMore({ run }: { run: RunSnapshot }) {
  const [view, setView] = useState<More>('log')
  return (
    <Section
      title="More"
      ruled={false}
      near
      side={
        <span className={css.side}>
          {view === 'log' && <SaveLog id={run.id} />}
          <Tabs
            inline
            label="More about the run"
            value={view}
            onChange={setView}
            tabs={[
              { value: 'log', text: 'Log' },
              { value: 'problems', text: 'Problems', count: problemCount(run) },
              { value: 'about', text: 'What was asked' },
            ]}
          />
        </span>
      }
    >
      {view === 'log' && <RunLog id={run.id} live={isLive(run)} />}
      {view === 'problems' && <RunProblems run={run} />}
      {view === 'about' && <RunAbout run={run} />}
    </Section>
  )
}

function RunAbout({ run }: { run: RunSnapshot }) {
  const isThere = usePlan(run.plan)
  const options = Object.entries((run.options ?? {}) as Record<string, unknown>)
  return (
    <Facts
      tight
      names="9rem"
      facts={[
        ['Run', <code key="id">{run.id}</code>],
        run.plan !== null && [
          'Plan',
          isThere ? (
            <a href={href({ page: 'plans', mode: 'show', name: run.plan })}>{run.plan}</a>
          ) : (
            `${run.plan}, which is gone`
          ),
        ],
        [
          'Runs in',
          run.here ? 'this Drydock' : isLive(run) ? 'another process of this machine' : 'no process any more',
        ],
        ...options
          .filter(
            ([, value]) =>
              value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
          )
          .map(([name, value]): readonly [string, ReactNode] => [
            optionName(name),
            <span key={name} className="breakable">
              {typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
                ? visibleControls(String(value))
                : visibleControls(JSON.stringify(value))}
            </span>,
          ]),
      ]}
    />
  )
}

/** `fullPaths` → `Full paths` */
const optionName = (name: string) => {
  const words = name.replace(/([A-Z])/g, letter => ` ${letter.toLowerCase()}`)
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}
