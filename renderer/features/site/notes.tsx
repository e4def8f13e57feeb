import type { SiteNote } from '../../../shared/contract/site.ts'
import { Notice } from '../../ui/index.ts'
import css from './site.module.css'

/** What deserves a look, each on its own. */
export function Warnings({ notes }: { notes: readonly SiteNote[] }) {
  const warnings = notes.filter(({ tone }) => tone !== 'tell')
  if (warnings.length === 0) return null
  return (
    <div className={css.notes}>
      {warnings.map(({ tone, text }) => (
        <Notice key={text} tone={tone === 'stop' ? 'bad' : 'warn'}>
          {text}
        </Notice>
      ))}
    </div>
  )
}

/** What deserves a look of one thing, in one place. */
export function WarningList({ notes }: { notes: readonly SiteNote[] }) {
  if (notes.length === 0) return null
  return (
    <div className={css.notes}>
      <Notice tone="warn">
        {notes.length === 1 ? (
          notes[0]?.text
        ) : (
          <ul className={css.list}>
            {notes.map(({ text }) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
      </Notice>
    </div>
  )
}

/** What is merely good to know. */
export function Told({ notes }: { notes: readonly SiteNote[] }) {
  const told = notes.filter(({ tone }) => tone === 'tell')
  if (told.length === 0) return null
  return (
    <ul className={css.told} aria-label="Good to know">
      {told.map(({ text }) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  )
}
