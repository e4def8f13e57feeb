import type { PointEntry } from '../../../shared/contract/point.ts'
import { counted, formatBytes } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { Button, LinkButton, Push, Toolbar } from '../../ui/index.ts'
import css from './backups.module.css'
import { globsOf } from './glob-of.ts'
import { NothingSelected } from './selection-bar.tsx'

/** Entries by their key: those that are chosen, in sight or not. */
export type Chosen = ReadonlyMap<string, PointEntry>

export const entryKey = (entry: PointEntry) => entry.pathBase64 ?? entry.path
export const filesIn = (chosen: Chosen) =>
  [...chosen.values()].reduce((sum, entry) => sum + (entry.inside?.files ?? 1), 0)

/** What is chosen in a restore point, and what can be done with it. @param of what its other versions are found by */
export function BrowseSelection({ chosen, of, onNone }: { chosen: Chosen; of: string; onNone: () => void }) {
  const bytes = [...chosen.values()].reduce((sum, entry) => sum + (entry.inside?.bytes ?? entry.size), 0)
  const [only] = chosen.size === 1 ? chosen.values() : []
  return (
    <div className={css.selection}>
      {chosen.size === 0 ? (
        <NothingSelected opens="a folder" />
      ) : (
        <Toolbar label="Selected files" selected>
          <span className="truncate">
            <b>{counted(filesIn(chosen), 'file')}</b>{' '}
            <span className="muted">selected, {formatBytes(bytes)}</span>
          </span>
          <Push />
          {only && (
            <LinkButton
              size="small"
              icon="history"
              href={href({ page: 'backups', mode: 'list', query: { of, find: globsOf(only)[0] ?? '' } })}
            >
              Other versions
            </LinkButton>
          )}
          <Button size="small" onClick={onNone}>
            Select none
          </Button>
        </Toolbar>
      )}
    </div>
  )
}

/** What stays chosen: entries of other folders are not in sight, and are kept. */
export function pick(keys: ReadonlySet<string>, before: Chosen, entries: readonly PointEntry[]): Chosen {
  const inSight = new Map(entries.map(entry => [entryKey(entry), entry]))
  const next = new Map([...before].filter(([key]) => keys.has(key) || !inSight.has(key)))
  for (const key of keys) {
    const entry = inSight.get(key)
    if (entry) next.set(key, entry)
  }
  return next
}
