import { parentPort } from 'node:worker_threads'
import { readEntryList } from '../archive/entry-list-reader.ts'
import { EngineError, toFailure } from '../engine-error.ts'
import type { EntrySource, FromBrowseWorker, ToBrowseWorker } from './browse-messages.ts'
import { EntryTree } from './browse-tree.ts'
import { textMatcher } from './find-text.ts'

/**
 * Holds the entries of the points that were looked into last, and answers questions about them, in a thread of its own:
 * reading a million lines takes seconds that no other call should wait for.
 */
const port = parentPort!

/** Trees kept, the one used last at the end. */
const trees = new Map<string, Promise<EntryTree>>()
const mostTrees = 3
/** Entries of all kept trees together; a larger one is kept alone. */
const mostEntries = 3_000_000

port.on('message', (message: ToBrowseWorker) => void answer(message))

async function answer({ id, key, source, question }: ToBrowseWorker): Promise<void> {
  let reply: FromBrowseWorker
  try {
    const tree = await treeOf(key, source)
    reply =
      question.is === 'children'
        ? { id, ok: true, children: tree.children(question.folder, question.from, question.limit) }
        : { id, ok: true, found: tree.matching(textMatcher(question.text), question.limit) }
  } catch (err) {
    reply = { id, ok: false, failure: toFailure(err, 'point.browse') }
  }
  port.postMessage(reply)
}

async function treeOf(key: string, source: EntrySource): Promise<EntryTree> {
  const tree = trees.get(key) ?? build(source)
  trees.delete(key)
  trees.set(key, tree)
  try {
    const built = await tree
    await makeRoom()
    return built
  } catch (err) {
    trees.delete(key)
    throw err
  }
}

async function makeRoom(): Promise<void> {
  const sizes = await Promise.all(
    [...trees].map(async ([key, tree]) => [key, await entriesOf(tree)] as const),
  )
  let [count, entries] = [sizes.length, sizes.reduce((sum, [, size]) => sum + size, 0)]
  for (const [key, size] of sizes.slice(0, -1)) {
    if (count <= mostTrees && entries <= mostEntries) return
    trees.delete(key)
    count--
    entries -= size
  }
}

const entriesOf = (tree: Promise<EntryTree>): Promise<number> =>
  tree.then(
    ({ entries }) => entries,
    () => 0,
  )

async function build({ lists, vendor, secret }: EntrySource): Promise<EntryTree> {
  const tree = new EntryTree()
  for (const entry of vendor) tree.add(entry)
  for (const { local, file } of lists) {
    let count = 0
    for await (const item of readEntryList(local, file, secret)) {
      if (!('entry' in item)) continue
      // A few bytes can unpack to any number of entries.
      if (++count > file.entries.count)
        throw new EngineError('data.format', 'entries.read', {
          subject: file.entries.name,
          detail: `it holds more than the ${file.entries.count} entries that the manifest promises`,
        })
      tree.add(item.entry)
    }
  }
  return tree
}
