import { useEffect, useMemo, useState } from 'react'
import type { OutputOf } from '../../../shared/contract/index.ts'
import { useAsk } from '../../app/app-context.tsx'
import { counted, formatBytes, formatCount, formatMoment, formatWhen } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { href, type RouteOf } from '../../app/router.ts'
import { Button, DataTable, Empty, PageBody, PageHeader, Split, Tree, Trouble } from '../../ui/index.ts'
import css from './backups.module.css'
import { BrowseSelection, type Chosen, entryKey, filesIn, pick } from './browse-selection.tsx'
import { BrowseToolbar } from './browse-toolbar.tsx'
import { entryColumns } from './entry-columns.tsx'
import { folderOf } from './find-model.ts'
import { globsOf } from './glob-of.ts'
import { isGood, type PointRow, stampTime } from './model.ts'
import { restorePoint } from './restore-link.ts'
import { SecretForm } from './secret-form.tsx'
import { isLocked, useSecret } from './secrets.ts'
import { useHeld } from './use-held.ts'
import { useMinute } from './use-minute.ts'
import { useRows, useSystemOf } from './use-rows.ts'
import { type Folder, keyOfFolder, top, treeNodes, useTree } from './use-tree.ts'

type Show = Extract<RouteOf<'backups'>, { mode: 'show' }>
/** Entries asked for in a search. */
const mostFound = 500

/** What is inside a restore point: folders at the left, what is in one of them at the right. */
export function BrowsePage({ route }: { route: Show }) {
  const { point, server, query = {} } = route
  const now = useMinute()
  const { secret, give } = useSecret(point)
  const { levels, load } = useTree({ point, server, secret })
  const shown = useAsk('point.show', { point, server })
  const { rows } = useRows()
  const name = point.slice(0, point.lastIndexOf('@'))
  const at = stampTime(point.slice(name.length + 1))
  const owner = useSystemOf().get(name) ?? name
  const row = rows.find(other => other.point === point)
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set([keyOfFolder(top)]))
  const [chosen, setChosen] = useState<Chosen>(new Map())
  const [typed, setTyped] = useState(query['find'] ?? '')
  const { find: text = '', folder: path = '', folderBase64: pathBase64 } = query
  const folder: Folder = useMemo(
    () => (pathBase64 === undefined ? { path } : { path, pathBase64 }),
    [path, pathBase64],
  )
  const level = levels.get(keyOfFolder(folder))
  const first = levels.get(keyOfFolder(top))
  const tree = useMemo(() => treeNodes(levels, open, owner), [levels, open, owner])
  const asked = { point, server, text, limit: mostFound, ...(secret && { secret }) }
  const found = useAsk('point.find', text === '' ? null : asked)
  const failure = first?.failure ?? level?.failure ?? found.failure
  const locked = useHeld(first === undefined || first.asking ? null : isLocked(failure))

  useEffect(() => setChosen(new Map()), [point])
  // The way down to the folder that the address names is unfolded, and asked for.
  useEffect(() => {
    if (first?.asking !== false || first.failure) return
    void load(folder)
    if (folder.pathBase64 !== undefined) return
    const names = folder.path.split('/').filter(Boolean)
    const above = names.map((_, index) => ({ path: names.slice(0, index + 1).join('/') }))
    for (const one of above) void load(one)
    setOpen(last => new Set([...last, ...above.map(keyOfFolder), keyOfFolder(top)]))
  }, [folder, load, first?.asking, first?.failure])

  const show = (next: Folder, find = '') =>
    go(
      {
        ...route,
        query: { folder: next.path, folderBase64: next.pathBase64 ?? '', find },
      },
      { replace: find !== '' || text !== '' },
    )
  const toggle = (key: string) => {
    const next = new Set(open)
    const target = tree.folders.get(key)
    if (!next.delete(key)) {
      next.add(key)
      if (target) void load(target)
    }
    setOpen(next)
  }
  const entries = text === '' ? (level?.entries ?? []) : (found.value?.entries ?? [])
  const columns = useMemo(
    () =>
      entryColumns(now, text, entry => {
        setTyped('')
        go({
          ...route,
          query: { folder: entry.path, folderBase64: entry.pathBase64 ?? '' },
        })
      }),
    [now, text, route],
  )
  const others = rows.filter(other => other.name === name)
  const earlier = others.find(other => other.at < at && other.copies.some(isGood))
  const of = row?.system ? `system:${row.system}` : `name:${name}`

  return (
    <>
      <PageHeader
        title={`${owner}, ${formatMoment(at, now)}`}
        path={[{ text: 'Backups', href: href({ page: 'backups', mode: 'list' }) }]}
        lead={
          shown.value
            ? `${counted(shown.value.content.files, 'file')}, ${formatBytes(shown.value.content.bytes)}, on ${server}.${verifiedWords(row, now)}`
            : `On ${server}.`
        }
        actions={
          <>
            <Button
              icon="chevron-left"
              off={earlier ? null : 'there is no earlier one'}
              onClick={() => {
                const from =
                  earlier?.copies.find(copy => copy.server === server) ?? earlier?.copies.find(isGood)
                if (earlier && from) go({ ...route, point: earlier.point, server: from.server })
              }}
            >
              Earlier backup
            </Button>
            <Button
              kind="primary"
              icon="archive-restore"
              pagePrimary
              off={locked ? 'it is not open yet' : null}
              onClick={() =>
                go(restorePoint({ point, server, of, only: [...chosen.values()].flatMap(globsOf) }))
              }
            >
              {chosen.size === 0 ? 'Restore all of it' : `Restore ${counted(filesIn(chosen), 'file')}`}
            </Button>
          </>
        }
      />
      <PageBody flush>
        {locked ? (
          <div className={css.files}>
            <p className={css.lockedTitle}>This restore point is encrypted.</p>
            <SecretForm
              focus
              wrong={failure?.code === 'auth.passphrase' && secret !== undefined}
              busy={first?.asking !== false}
              onGive={give}
            />
          </div>
        ) : (
          <Split columns="17.5rem minmax(0, 1fr)">
            <div className={css.tree}>
              <Tree
                label="Folders"
                nodes={tree.nodes}
                selected={keyOfFolder(folder)}
                onSelect={key => {
                  const target = tree.folders.get(key)
                  if (target) show(target)
                  setTyped('')
                }}
                onToggle={toggle}
              />
            </div>
            <div className={css.files}>
              <BrowseToolbar
                typed={typed}
                onTyped={value => {
                  setTyped(value)
                  if (value === '' && text !== '') show(folder)
                }}
                onFind={() => show(folder, typed.trim())}
                of={of}
                owner={owner}
                points={others.length}
                said={
                  text === '' ? level && counted(level.total, 'entry', 'entries') : foundWords(found.value)
                }
              />
              <BrowseSelection chosen={chosen} of={of} onNone={() => setChosen(new Map())} />
              {failure && (
                <Trouble
                  failure={failure}
                  around={{ server }}
                  actions={
                    <Button
                      size="small"
                      icon="refresh-cw"
                      onClick={() => void load(first?.failure ? top : folder)}
                    >
                      Ask again
                    </Button>
                  }
                />
              )}
              <div className={css.entries}>
                <DataTable
                  label={text === '' ? `In ${folder.path === '' ? owner : folder.path}` : `Found: ${text}`}
                  columns={columns}
                  rows={entries}
                  rowKey={entryKey}
                  rowName={({ path }) => path}
                  density="dense"
                  selection={{
                    mode: 'many',
                    selected: new Set(chosen.keys()),
                    onChange: keys => setChosen(pick(keys, chosen, entries)),
                  }}
                  onOpen={entry => {
                    setTyped('')
                    if (entry.kind === 'directory') show(entry)
                    else if (text !== '') show({ path: folderOf(entry.path) })
                  }}
                  loading={
                    (text === '' && (level?.asking ?? true) && !failure) ||
                    (text !== '' && found.asking !== null)
                      ? `Asking ${server}`
                      : undefined
                  }
                  empty={
                    failure ? undefined : (
                      <Empty title={text === '' ? 'This folder is empty.' : `Nothing here with “${text}”.`}>
                        {text !== '' && 'Wildcards work too: *.conf, etc/**/*.yml.'}
                      </Empty>
                    )
                  }
                />
              </div>
              {text === '' && level && level.entries.length < level.total && (
                <Button size="small" busy={level.asking} onClick={() => void load(folder, true)}>
                  Show {formatCount(Math.min(1000, level.total - level.entries.length))} more of{' '}
                  {formatCount(level.total - level.entries.length)}
                </Button>
              )}
            </div>
          </Split>
        )}
      </PageBody>
    </>
  )
}

const foundWords = (found: OutputOf<'point.find'> | null) =>
  found
    ? `${found.more ? 'More than ' : ''}${counted(found.entries.length, 'entry', 'entries')} found`
    : 'Looking'

function verifiedWords(row: PointRow | undefined, now: number): string {
  if (!row) return ''
  if (row.state === 'damaged') return ' Damaged.'
  return row.verified === null ? ' Unverified.' : ` Verified ${formatWhen(row.verified, now)}.`
}
