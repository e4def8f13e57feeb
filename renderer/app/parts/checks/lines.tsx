import type { ReactNode } from 'react'
import { CheckGrid, Preflight, Section } from '../../../ui/index.ts'
import { formatCount } from '../../format.ts'
import { rank } from './check-words.ts'
import type { CheckLine } from './checks.ts'
import css from './checks.module.css'

const tones = { pass: 'ok', warn: 'warn', stop: 'bad', 'not-tried': 'idle' } as const

type LinesProps<L extends CheckLine> = {
  lines: readonly L[]
  /** Whether more may come. */
  asking: boolean
  /** What mends a line. */
  mend: (line: L) => ReactNode
  /** Titles by id, where all that will come are known before. */
  titles?: Readonly<Record<string, string>>
  /** Between what needs reading and what passed. */
  children?: ReactNode
}

/** What a check found: the lines that need reading, worst first and with what mends them, then what passed. */
export function Lines<L extends CheckLine>({ lines, asking, mend, titles, children }: LinesProps<L>) {
  const worst = lines.filter(({ state }) => state !== 'pass').toSorted((a, b) => rank(b) - rank(a))
  const passed = lines.filter(({ state }) => state === 'pass')
  const waiting = !asking
    ? []
    : titles
      ? Object.entries(titles).filter(([id]) => !lines.some(line => line.id === id))
      : [['+asking', 'More'] as const]
  return (
    <>
      {worst.length > 0 && (
        <div className={css.spaced}>
          <Preflight
            items={worst.map(line => ({
              key: line.id,
              title: line.title,
              tone: tones[line.state],
              finding: line.finding,
              ...(line.fix !== undefined && { fix: line.fix }),
              actions: mend(line),
            }))}
          />
        </div>
      )}
      {children}
      {passed.length + waiting.length > 0 && (
        <Section title="Passed" note={formatCount(passed.length)} ruled={false}>
          <CheckGrid
            label="Passed"
            checks={[
              ...passed.map(({ id, title, finding }) => ({
                key: id,
                name: title,
                state: 'pass' as const,
                finding,
              })),
              ...waiting.map(([key, name]) => ({
                key,
                name,
                state: 'asking' as const,
                finding: 'being checked',
              })),
            ]}
          />
        </Section>
      )}
    </>
  )
}
