import { Fragment, type ReactNode } from 'react'
import css from './facts.module.css'

export type FactsProps = {
  facts: readonly (readonly [name: string, value: ReactNode] | null | false)[]
  /** Width of the names, as in CSS. */
  names?: string
  /** Lines closer together. */
  tight?: boolean
}

/** Names and values in two columns. */
export function Facts({ facts, names = '7rem', tight = false }: FactsProps) {
  return (
    <dl className={css.facts} data-tight={tight} style={{ gridTemplateColumns: `${names} minmax(0, 1fr)` }}>
      {facts.map(fact =>
        fact ? (
          <Fragment key={fact[0]}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </Fragment>
        ) : null,
      )}
    </dl>
  )
}
