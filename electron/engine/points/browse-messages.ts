import type { DecryptWith } from '../archive/age/key.ts'
import type { Entry } from '../archive/entry.ts'
import type { BackupFile } from '../archive/manifest.ts'
import type { RawPath } from '../archive/raw-path.ts'
import type { Failure } from '../../../shared/failure.ts'
import type { TreeEntry } from './browse-tree.ts'

/** Where the entries of a point come from: fetched lists, or files that a vendor's own tool made. */
export type EntrySource = {
  lists: { local: string; file: BackupFile }[]
  vendor: Entry[]
  secret: DecryptWith | undefined
}

export type Question =
  | { is: 'children'; folder: RawPath; from: number; limit: number }
  | { is: 'find'; text: string; limit: number }

/** `key` names the point's entries as opened with that secret; what is not known under it is read from `source`. */
export type ToBrowseWorker = { id: number; key: string; source: EntrySource; question: Question }

export type Found = { entries: TreeEntry[]; more: boolean }
export type Children = { entries: TreeEntry[]; total: number }
export type FromBrowseWorker =
  | { id: number; ok: true; children: Children | null }
  | { id: number; ok: true; found: Found }
  | { id: number; ok: false; failure: Failure }
