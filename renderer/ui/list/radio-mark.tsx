import css from './radio-mark.module.css'

/** Which row of a table is the chosen one. The row itself is what is selected; this only shows it. */
export const RadioMark = ({ on }: { on: boolean }) => <span className={css.radio} data-on={on} aria-hidden />
