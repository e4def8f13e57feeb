import { useStore } from 'zustand'
import { cx, Icon, type MarkShape, StatusMark, type Tone } from '../../ui/index.ts'
import { useStores } from '../app-context.tsx'
import { href, type PageName } from '../router.ts'
import { asksYou, isLive } from '../run-words.ts'
import { type PageEntry, pageGroups, settingsPage } from './pages.ts'
import css from './rail.module.css'

type Count = { count: number; shape: MarkShape; tone: Tone; word: string }

/** The pages, with counts that take the mark of their worst item. */
export function Rail({ current }: { current: PageName }) {
  const { alarms, runs, about } = useStores()
  const pending = useStore(alarms, ({ value }) => value)
  const live = useStore(runs, ({ list }) => list.filter(isLive).length)
  const asking = useStore(runs, ({ list }) => list.filter(asksYou).length)
  const here = useStore(about, ({ value }) => value)
  const stop = pending?.some(({ tone }) => tone === 'stop') ?? false
  // What has no line of its own counts to the page that it is opened from.
  const shown = current === 'sites' ? 'overview' : current === 'switch' ? 'restore' : current
  const counts: Partial<Record<PageName, Count>> = {
    ...(pending !== null &&
      pending.length > 0 && {
        overview: {
          count: pending.length,
          shape: stop ? 'bad' : 'warn',
          tone: stop ? 'bad' : 'warn',
          word: pending.length === 1 ? 'alarm' : 'alarms',
        },
      }),
    ...(live > 0 && {
      runs:
        asking > 0
          ? { count: live, shape: 'warn', tone: 'warn', word: `running, ${asking} asking you` }
          : { count: live, shape: 'run', tone: 'run', word: 'running' },
    }),
  }
  return (
    <nav className={css.rail} aria-label="Pages" data-region="rail">
      <div className={css.brand}>
        <Icon name="drydock" decorative className={css.mark} />
        <span className={css.label}>Drydock</span>
      </div>
      {pageGroups.map(group => (
        <ul key={group[0]?.page} className={css.group}>
          {group.map(entry => (
            <RailItem key={entry.page} entry={entry} current={shown} count={counts[entry.page]} />
          ))}
        </ul>
      ))}
      <div className={css.foot}>
        <ul>
          <RailItem entry={settingsPage} current={current} count={undefined} />
        </ul>
        <div className={cx(css.who, 'note')}>
          <span className="truncate">{here?.user ?? '\u00a0'}</span>
          <span className="truncate">{here?.host ?? '\u00a0'}</span>
        </div>
      </div>
    </nav>
  )
}

type ItemProps = { entry: PageEntry; current: PageName; count: Count | undefined }

function RailItem({ entry, current, count }: ItemProps) {
  return (
    <li>
      <a
        className={css.item}
        href={href(entry.route)}
        title={entry.title}
        {...(entry.page === current && { 'aria-current': 'page' })}
      >
        <Icon name={entry.icon} decorative className={css.icon} />
        <span className={css.label}>{entry.title}</span>
        {count && (
          <span className={css.count}>
            <StatusMark shape={count.shape} tone={count.tone} className={css.countMark} />
            {count.count}
            <span className="visually-hidden"> {count.word}</span>
          </span>
        )}
      </a>
    </li>
  )
}
