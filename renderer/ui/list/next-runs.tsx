import css from './next-runs.module.css'

export type NextRun = {
  /** As a clock in the plan's zone shows it: `Sun 29 Mar 03:00 CEST`. */
  local: string
  /** `01:00 UTC` */
  utc: string
  /** Why the change of clocks moves it. */
  note?: string | undefined
}

/** The next runs, local and UTC, with a line for each that the change of clocks moves. */
export function NextRuns({
  runs,
  none = 'None: the plan is not started.',
}: {
  runs: readonly NextRun[]
  none?: string
}) {
  if (runs.length === 0) return <p className="muted">{none}</p>
  return (
    <>
      <ol className={css.runs} aria-label="Next runs">
        {runs.map(({ local, utc }) => (
          <li key={local + utc} className={css.run}>
            <span>{local}</span>
            <span className="muted">{utc}</span>
          </li>
        ))}
      </ol>
      {runs.map(({ local, note }) =>
        note === undefined ? null : (
          <p key={local} className="note">
            {note}
          </p>
        ),
      )}
    </>
  )
}
