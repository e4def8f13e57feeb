import { Fragment, type ReactNode, useEffect, useRef } from 'react'
import { cx } from '../base/cx.ts'
import css from './page.module.css'

export type PageHeaderProps = {
  /** The title of the window too. */
  title: string
  /** Pages above this one: `{ text: 'Runs', href: href({ page: 'runs' }) }`. */
  path?: readonly { text: string; href: string }[]
  /** One line. */
  lead?: ReactNode
  /** At the right; at most one primary button, the last. */
  actions?: ReactNode
  /** After the title: a status. */
  mark?: ReactNode
}

/** Title, line, actions. The title gets the focus when one comes to the page. */
export function PageHeader({ title, path = [], lead, actions, mark }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Drydock`
  }, [title])
  return (
    <header className={css.header} data-region="header">
      <div className={css.text}>
        <h1 ref={heading} tabIndex={-1} className={css.title} data-page-title="" title={title}>
          {path.map(({ text, href }) => (
            <Fragment key={href}>
              <span className={css.crumb}>
                <a href={href}>{text}</a>
                <span aria-hidden> / </span>
              </span>
            </Fragment>
          ))}
          {title}
          {mark !== undefined && <span className={css.mark}>{mark}</span>}
        </h1>
        {lead !== undefined && <p className={css.lead}>{lead}</p>}
      </div>
      {actions !== undefined && <div className={css.actions}>{actions}</div>}
    </header>
  )
}

export type PageBodyProps = {
  children: ReactNode
  /** No padding, and what is inside does its own scrolling: split, wizard, run. */
  flush?: boolean
  className?: string | undefined
}

/** What stands between header and status bar, and scrolls. */
export function PageBody({ children, flush = false, className }: PageBodyProps) {
  return (
    <div
      className={cx(css.body, flush && css.flush, className)}
      data-region="body"
      tabIndex={-1}
      {...(!flush && { 'data-scroll': '' })}
    >
      {children}
    </div>
  )
}

/** Columns that scroll each for itself. `columns` as in CSS: `19.5rem minmax(0, 1fr)`. Goes into a flush body. */
export function Split({ columns, children }: { columns: string; children: readonly ReactNode[] }) {
  return (
    <div className={css.split} style={{ gridTemplateColumns: columns }}>
      {children.map((child, index) => (
        <div key={index} className={css.pane} data-scroll="">
          {child}
        </div>
      ))}
    </div>
  )
}

/** Columns of one page side by side. */
export function Columns({ columns, children }: { columns: string; children: ReactNode }) {
  return (
    <div className={css.columns} style={{ gridTemplateColumns: columns }}>
      {children}
    </div>
  )
}

export type SectionProps = {
  title: ReactNode
  /** Beside the title, smaller. */
  note?: ReactNode
  /** At the far right. */
  side?: ReactNode
  /** A rule below the head. */
  ruled?: boolean
  /** Closer to what is above. */
  near?: boolean
  children: ReactNode
  className?: string | undefined
}

/** A titled part of a page. */
export function Section({
  title,
  note,
  side,
  ruled = true,
  near = false,
  children,
  className,
}: SectionProps) {
  return (
    <section className={cx(css.section, near && css.near, className)}>
      <div className={cx(css.head, ruled && css.ruled)}>
        <h2>{title}</h2>
        {note !== undefined && <span className="note">{note}</span>}
        {side !== undefined && <span className={css.side}>{side}</span>}
      </div>
      {children}
    </section>
  )
}

/** A row of controls above a list. `selected`: what is selected, and what can be done with it. */
export function Toolbar({
  label,
  selected = false,
  children,
}: {
  label: string
  selected?: boolean
  children: ReactNode
}) {
  return (
    <div role="group" aria-label={label} className={cx(css.toolbar, selected && css.selected)}>
      {children}
    </div>
  )
}

/** Pushes what follows in a toolbar to the far end. */
export function Push() {
  return <span className={css.push} />
}

/** Parts below each other with even room between them. */
export function Stack({ gap = 4, children }: { gap?: 1 | 2 | 3 | 4 | 5 | 6; children: ReactNode }) {
  return (
    <div className={css.stack} style={{ gap: `var(--space-${gap})` }}>
      {children}
    </div>
  )
}
