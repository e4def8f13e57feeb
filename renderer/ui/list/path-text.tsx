import { visibleControls } from '../say/visible-controls.ts'
import css from './path-text.module.css'

export type PathTextProps = {
  path: string
  /** Set in the code face. */
  code?: boolean
  /** A folder is no link to a file name: its last part stays whole all the same. */
  className?: string
}

/** A path on one line, cut in the middle: the folders shrink, the name stays whole. The whole is in the tooltip and in copies. */
export function PathText({ path, code = true }: PathTextProps) {
  // A name may hold what turns the line round, or ends it.
  const shown = visibleControls(path)
  const at = shown.replace(/[/\\]$/, '').lastIndexOf(shown.includes('/') ? '/' : '\\')
  const folder = at > 0 ? shown.slice(0, at) : ''
  const name = at > 0 ? shown.slice(at) : shown
  return (
    <span className={css.path} data-code={code} title={path}>
      {folder !== '' && <span className={css.folder}>{folder}</span>}
      <span className={css.name}>{name}</span>
    </span>
  )
}
