import type { DecryptWith } from '../archive/age/key.ts'
import { blockBytes } from '../archive/compress.ts'
import { readEntryList } from '../archive/entry-list-reader.ts'
import type { BackupFile } from '../archive/manifest.ts'
import { EngineError } from '../engine-error.ts'

/** What stands before the entries of a list. */
export type ListStart = {
  blocks: { at: number; size: number }[]
  base: string | undefined
  /** Bytes of content that the blocks can hold: an entry that reaches beyond is a lie. */
  content: number
}

/** @throws EngineError `data.format` when it names more blocks than the content can have */
export async function readListStart(
  list: string,
  file: BackupFile,
  secret: DecryptWith | undefined,
  signal?: AbortSignal,
): Promise<ListStart> {
  const blocks: { at: number; size: number }[] = []
  const most = Math.ceil(file.contentBytes / blockBytes) + 1
  let base: string | undefined
  for await (const item of readEntryList(list, file, secret, signal)) {
    if ('head' in item) base = item.head.base
    else if (!('block' in item)) break
    else if (blocks.push({ at: item.at, size: item.size }) > most)
      throw new EngineError('data.format', 'entries.read', {
        subject: file.entries.name,
        detail: 'it names more blocks than the manifest’s content can have',
      })
  }
  return { blocks, base, content: Math.min(file.contentBytes, blocks.length * blockBytes) }
}
