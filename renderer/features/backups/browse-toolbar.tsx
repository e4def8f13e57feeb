import { href } from '../../app/router.ts'
import { formatCount } from '../../app/format.ts'
import { LinkButton, Push, SearchField, Toolbar } from '../../ui/index.ts'
import css from './backups.module.css'

export type BrowseToolbarProps = {
  typed: string
  onTyped: (text: string) => void
  onFind: () => void
  /** What the other restore points of the same thing are found by, and how many there are with this one. */
  of: string
  owner: string
  points: number
  /** How much is there, or was found. */
  said: string | undefined
}

/** Finds in one restore point, with the way on to finding in all of them. */
export function BrowseToolbar({ typed, onTyped, onFind, of, owner, points, said }: BrowseToolbarProps) {
  const find = typed.trim()
  return (
    <Toolbar label="Find">
      <SearchField
        className={css.search}
        label="Find in this restore point"
        value={typed}
        onChange={onTyped}
        onEnter={onFind}
      />
      {find !== '' && points > 1 && (
        <LinkButton size="small" href={href({ page: 'backups', mode: 'list', query: { of, find } })}>
          Find in all {formatCount(points)} of {owner}
        </LinkButton>
      )}
      <Push />
      <span className="note" aria-live="polite">
        {said}
      </span>
    </Toolbar>
  )
}
