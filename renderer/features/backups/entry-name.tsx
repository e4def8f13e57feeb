import type { PointEntry } from '../../../shared/contract/point.ts'
import { Icon, visibleControls } from '../../ui/index.ts'
import css from './backups.module.css'
import { nameOf } from './find-model.ts'

/** An entry's icon and its name, never cut in words; what was searched for is marked. */
export function EntryName({
  entry,
  found = '',
  onOpen,
}: {
  entry: PointEntry
  found?: string
  /** Makes the name of a folder a way into it. */
  onOpen?: (folder: PointEntry) => void
}) {
  const { kind, path, target, pathBase64 } = entry
  const name = visibleControls(nameOf(path))
  const at = found === '' ? -1 : name.toLowerCase().indexOf(found.toLowerCase())
  const shown =
    at < 0 ? (
      name
    ) : (
      <>
        {name.slice(0, at)}
        <mark>{name.slice(at, at + found.length)}</mark>
        {name.slice(at + found.length)}
      </>
    )
  return (
    <span className={css.entry}>
      <Icon
        name={kind === 'directory' ? 'folder' : kind === 'symlink' ? 'file-symlink' : 'file'}
        decorative
      />
      <span className="cell-main breakable">
        {onOpen && kind === 'directory' ? (
          <button type="button" tabIndex={-1} className={css.open} onClick={() => onOpen(entry)}>
            {shown}
          </button>
        ) : (
          shown
        )}
        {target !== undefined && <span className={css.plan}>→ {visibleControls(target)}</span>}
        {pathBase64 !== undefined && <span className={css.plan}>not UTF-8</span>}
        {kind === 'hardlink' && target === undefined && <span className={css.plan}>hard link</span>}
      </span>
    </span>
  )
}
