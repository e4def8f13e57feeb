import type { PointEntry } from '../../../shared/contract/point.ts'
import { counted, formatBytes, formatWhen } from '../../app/format.ts'
import type { Column } from '../../ui/index.ts'
import { EntryName } from './entry-name.tsx'
import { folderOf } from './find-model.ts'

/** The columns of what is inside a restore point. `found`: what was searched for; then the folder is told too. */
export const entryColumns = (
  now: number,
  found: string,
  onOpen: (folder: PointEntry) => void,
): readonly Column<PointEntry>[] => [
  { id: 'name', head: 'Name', cell: entry => <EntryName entry={entry} found={found} onOpen={onOpen} /> },
  ...(found === ''
    ? []
    : [
        {
          id: 'folder',
          head: 'Folder',
          width: '30%',
          cell: ({ path }: PointEntry) => (
            <span className="muted truncate" title={path}>
              {folderOf(path) || 'top'}
            </span>
          ),
        },
      ]),
  {
    id: 'holds',
    head: 'Holds',
    width: '7rem',
    align: 'end',
    cell: ({ inside }) => (inside ? <span className="muted">{counted(inside.files, 'file')}</span> : null),
  },
  {
    id: 'size',
    head: 'Size',
    width: '6rem',
    align: 'end',
    cell: ({ kind, size, inside }) =>
      inside ? formatBytes(inside.bytes) : kind === 'file' ? formatBytes(size) : null,
  },
  {
    id: 'changed',
    head: 'Changed',
    width: '8.5rem',
    cell: ({ mtime }) => (mtime === null ? <span className="muted">not known</span> : formatWhen(mtime, now)),
  },
  { id: 'mode', head: 'Mode', width: '4rem', cell: ({ mode }) => <code className="muted">{mode}</code> },
]
