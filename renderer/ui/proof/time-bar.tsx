import css from './time-bar.module.css'

export type TimePart = {
  name: string
  ms: number
  /** In words: `11 min 41 s`. */
  time: string
  /** Nobody worked: drawn in grey. */
  idle?: boolean
}

/** Where the time went: one bar, its parts numbered, with a key below. */
export function TimeBar({ parts }: { parts: readonly TimePart[] }) {
  return (
    <>
      <div
        className={css.bar}
        role="img"
        aria-label={parts.map(({ name, time }) => `${name} ${time}`).join(', ')}
      >
        {parts.map(({ name, ms, idle }, index) => (
          <span
            key={name}
            className={css.part}
            data-idle={idle ?? false}
            style={{ flexGrow: Math.max(1, ms) }}
          >
            {index + 1}
          </span>
        ))}
      </div>
      <ol className={css.key}>
        {parts.map(({ name, time }, index) => (
          <li key={name}>
            <b>{time}</b>
            <span className="note">
              {index + 1} {name}
            </span>
          </li>
        ))}
      </ol>
    </>
  )
}
