import { useStore } from 'zustand'
import { useNow, useStores } from '../../app/app-context.tsx'
import { formatIn, formatWhen } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { Notice, Section } from '../../ui/index.ts'
import { upcoming } from './model.ts'
import css from './overview.module.css'

const shown = 5

/** The next due times of all plans, and who will run them. */
export function NextList() {
  const now = useNow()
  const { plans } = useStores()
  const value = useStore(plans, state => state.value)
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const next = upcoming(value?.plans ?? [], shown)
  return (
    <Section title="Next runs" note={`local time, ${zone}`}>
      {value?.holder.who === 'nobody' && next.length > 0 && (
        <Notice tone="warn">
          <b>Nobody runs plans now.</b> {value.holder.about}
        </Notice>
      )}
      {value !== null && next.length === 0 && <p className={css.quiet}>No run is scheduled.</p>}
      {next.length > 0 && (
        <ul className={css.upcoming} aria-label="Next runs">
          {next.map(({ at, plan, note, local, zone: own }) => (
            <li key={`${plan} ${at}`}>
              <span className={css.when} title={own === zone ? undefined : `${local}, ${own}`}>
                {formatWhen(at, now)}
              </span>
              <span className={css.plan}>
                <a
                  className={`truncate ${css.name}`}
                  href={href({ page: 'plans', mode: 'show', name: plan })}
                >
                  {plan}
                </a>
                {note !== undefined && <span className="note">{note}</span>}
              </span>
              <span className="note nowrap ">{formatIn(at, now)}</span>
            </li>
          ))}
        </ul>
      )}
      {value?.holder.who === 'other' && next.length > 0 && (
        <p className="note">Run by another Drydock: {value.holder.about}.</p>
      )}
    </Section>
  )
}
