import type { DecryptWith } from '../archive/age/key.ts'
import { readEntryList } from '../archive/entry-list-reader.ts'
import type { Entry } from '../archive/entry.ts'
import type { BackupFile } from '../archive/manifest.ts'
import { pathFields, rawFromText } from '../archive/raw-path.ts'
import { readListStart } from './list-head.ts'
import type { LedgerLine, RestoreOptions } from './options.ts'
import { landing, planRestore } from './plan.ts'
import { TargetTree } from './target-tree.ts'

/** What a restore would do, entry by entry. Reads the entry list and looks at the target; writes nothing. */
export async function* decisionsOf(
  list: string,
  file: BackupFile,
  options: RestoreOptions,
  secret: DecryptWith | undefined,
): AsyncGenerator<LedgerLine> {
  const { base, content } = await readListStart(list, file, secret)
  const { target, prefix } = landing(options, base)
  const tree = new TargetTree(rawFromText(target))
  async function* entries(): AsyncGenerator<Entry> {
    for await (const item of readEntryList(list, file, secret)) if ('entry' in item) yield item.entry
  }
  try {
    for await (const { entry, path, decision, implied } of planRestore({
      entries,
      options,
      tree,
      prefix,
      content,
    })) {
      if (implied) continue
      const { action, detail } = decision
      yield { ...pathFields(path), action, kind: entry.kind, size: entry.size, ...(detail ? { detail } : {}) }
    }
  } finally {
    tree.close()
  }
}
