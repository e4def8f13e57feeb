import type { ReactNode } from 'react'
import { visibleControls } from '../say/visible-controls.ts'
import { type DiffLine, near, paired } from './diff-lines.ts'
import css from './yaml-diff.module.css'

export type YamlDiffProps = {
  file: string
  /** `5 lines change, comments and order stay` */
  note: ReactNode
  /** At the right of the head: what the old file is kept as. */
  kept?: ReactNode
  lines: readonly DiffLine[]
  /** Lines that stay the same are shown this far around a change; all of them without. */
  around?: number
}

const signs = { same: ' ', removed: '−', added: '+' } as const
const words = { same: '', removed: 'Removed: ', added: 'Added: ' } as const

/** What changes in a vendor's file, line by line. */
export function YamlDiff({ file, note, kept, lines, around = Infinity }: YamlDiffProps) {
  return (
    <section className={css.diff} aria-label={`Changes of ${file}`}>
      <div className={css.head}>
        <b>{file}</b>
        <span className="muted">{note}</span>
        {kept !== undefined && <span className={css.kept}>{kept}</span>}
      </div>
      <ol>
        {near(paired(lines), around).map((line, index) =>
          line === null ? (
            <li key={`gap${index}`} className={css.gap} aria-label="Lines that stay">
              …
            </li>
          ) : (
            <li key={`${line.is}${line.line}`} className={css.line} data-is={line.is}>
              <span className={css.number}>{line.line}</span>
              <span className={css.sign} aria-hidden>
                {signs[line.is]}
              </span>
              <span className={css.text}>
                {line.is !== 'same' && <span className="visually-hidden">{words[line.is]}</span>}
                {visibleControls(line.text)}
              </span>
            </li>
          ),
        )}
      </ol>
    </section>
  )
}
