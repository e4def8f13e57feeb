import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { PointEntry } from '../../../shared/contract/point.ts'
import type { Failure } from '../../../shared/failure.ts'
import { useCall } from '../../app/app-context.tsx'
import { formatCount } from '../../app/format.ts'
import type { TreeNode } from '../../ui/index.ts'
import { nameOf } from './find-model.ts'
import type { Secret } from './secrets.ts'

/** The address of a folder: its path, and its bytes where they are not UTF-8. */
export type Folder = Pick<PointEntry, 'path' | 'pathBase64'>
export const top: Folder = { path: '' }
export const keyOfFolder = ({ path, pathBase64 }: Folder): string =>
  pathBase64 === undefined ? `/${path}` : `=${pathBase64}`

export type Level = {
  entries: readonly PointEntry[]
  total: number
  asking: boolean
  failure: Failure | null
}

/** Entries asked for at once; more come when they are wanted. */
const pageSize = 1000

/** The folders of a point as far as they were opened. Each folder is asked for once. */
export function useTree(of: { point: string; server: string; secret: Secret | undefined }) {
  const call = useCall()
  const [levels, setLevels] = useState<ReadonlyMap<string, Level>>(new Map())
  const { point, server, secret } = of
  const stop = useRef(new AbortController())
  const known = useRef(levels)
  known.current = levels

  const load = useCallback(
    async (folder: Folder, more = false) => {
      const key = keyOfFolder(folder)
      const before = known.current.get(key)
      if (before?.asking || (before && !more && before.failure === null)) return
      const have = before?.failure === null ? before.entries : []
      const put = (level: Level) => {
        known.current = new Map(known.current).set(key, level)
        setLevels(known.current)
      }
      put({ entries: have, total: before?.total ?? 0, asking: true, failure: null })
      const { signal } = stop.current
      const answer = await call(
        'point.browse',
        {
          point,
          server,
          folder: folder.path,
          from: have.length,
          limit: pageSize,
          ...(folder.pathBase64 !== undefined && { folderBase64: folder.pathBase64 }),
          ...(secret && { secret }),
        },
        { signal },
      )
      if (signal.aborted) return
      put(
        answer.ok
          ? {
              entries: [...have, ...answer.value.entries],
              total: answer.value.total,
              asking: false,
              failure: null,
            }
          : { entries: have, total: have.length, asking: false, failure: answer.failure },
      )
    },
    [call, point, server, secret],
  )

  // Another point, or another key to it: everything is asked anew.
  useEffect(() => {
    stop.current = new AbortController()
    known.current = new Map()
    setLevels(known.current)
    void load(top)
    const { current } = stop
    return () => current.abort()
  }, [load])

  return useMemo(() => ({ levels, load }), [levels, load])
}

/** The tree as rows: folders of every opened folder, in order. */
export function treeNodes(
  levels: ReadonlyMap<string, Level>,
  open: ReadonlySet<string>,
  root: string,
): { nodes: TreeNode[]; folders: ReadonlyMap<string, Folder> } {
  const nodes: TreeNode[] = []
  const folders = new Map<string, Folder>()
  const add = (folder: Folder, name: string, depth: number, count: number | null, hasFolders: boolean) => {
    const key = keyOfFolder(folder)
    const level = levels.get(key)
    const isOpen = open.has(key) && hasFolders
    folders.set(key, folder)
    nodes.push({
      key,
      name,
      depth,
      leaf: !hasFolders,
      folder: true,
      open: isOpen,
      ...(level?.asking && isOpen && { asking: true }),
      ...(count !== null && { note: formatCount(count) }),
    })
    if (!isOpen || !level) return
    for (const entry of level.entries)
      if (entry.kind === 'directory')
        add(
          entry,
          nameOf(entry.path),
          depth + 1,
          entry.inside?.entries ?? null,
          (entry.inside?.folders ?? 1) > 0,
        )
  }
  add(top, root, 0, levels.get(keyOfFolder(top))?.total ?? null, true)
  return { nodes, folders }
}
