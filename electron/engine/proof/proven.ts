import type { ProofReport } from '../../../shared/contract/proof.ts'
import { formatBytes } from '../../../shared/units.ts'
import type { ProofFacts } from './facts.ts'

type Counts = ProofReport['counts']
type Result = ProofReport['result']

const number = (count: number) => count.toLocaleString('en-US')
const some = (count: number, one: string, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`

/** What a restore compared, in words, with the algorithm. Says nothing that the code of `restore/` does not do. */
export function provenOf(facts: ProofFacts, counts: Counts, result: Result): string[] {
  const { from, options } = facts
  const { name } = from?.server ?? { name: options.server }
  const lines: string[] = []
  if (from && !from.manifest) {
    if (counts.files > 0)
      lines.push(
        `${some(counts.files, 'file')}, ${formatBytes(counts.bytes)}: the SHA-256 of what was read back from the disk equals that of what came from ${name}.`,
      )
  } else {
    if (counts.files > 0 && counts.bytes > 0)
      lines.push(
        `${some(counts.files, 'file')}, ${formatBytes(counts.bytes)}: the SHA-256 of every byte written equals the one taken at backup time. A file got its name only after that.`,
      )
    if (from && counts.bytes > 0)
      lines.push(
        `Every part read from ${name} was compared with its SHA-256 in the manifest, and the entry list with its own.`,
      )
    if (from?.manifest?.encryption && counts.bytes > 0)
      lines.push(
        `The backup is encrypted with ${from.manifest.encryption}: every chunk that was read carried the right authentication code.`,
      )
  }
  if (counts.same > 0)
    lines.push(
      options.overwrite === 'different'
        ? `${some(counts.same, 'entry', 'entries')} stood there already: folders, and files whose content on the disk has the SHA-256 of the backup.`
        : `${some(counts.same, 'folder')} stood there already.`,
    )
  if (ended(result)) lines.push('All that was written was synced to the disk before the run ended.')
  return lines
}

/** What nobody looked at. Never empty: no restore proves that an application starts. */
export function notProvenOf(facts: ProofFacts, counts: Counts, result: Result): string[] {
  const { from, options, record, wasTakenUp } = facts
  const { name } = from?.server ?? { name: options.server }
  const lines: string[] = []
  if (!ended(result))
    lines.push(
      'The restore did not come to its end: what it had not reached yet is not there, or not as it was.',
    )
  lines.push(
    'That the application starts and works with these files: Drydock put them there, it did not open them.',
  )
  if (counts.left > 0)
    lines.push(
      `${some(counts.left, 'entry was left as it', 'entries were left as they')} stood in the target, and not compared with the backup.`,
    )
  if (counts.refused > 0)
    lines.push(
      `${some(counts.refused, 'entry was', 'entries were')} refused, because writing them would not be safe.`,
    )
  if (counts.failed > 0) lines.push(`${some(counts.failed, 'entry', 'entries')} could not be restored.`)
  if (options.only.length > 0)
    lines.push(
      `Only a part of the point was asked for (${options.only.slice(0, 3).join(', ')}${options.only.length > 3 ? ', …' : ''}): the rest was not read.`,
    )
  if (from && !from.manifest)
    lines.push(
      'That the files are what the vendor’s tool wrote: they have no manifest, so there is no earlier hash to compare with.',
    )
  else {
    lines.push(
      'The files were hashed on their way to the disk and synced; they were not read back from it afterwards.',
    )
    lines.push(
      `The manifest is not signed: who may write to ${name} could have replaced files and manifest together.`,
    )
  }
  const { manifest } = from ?? { manifest: null }
  if (manifest && manifest.problems > 0)
    lines.push(
      `The backup itself ended with ${some(manifest.problems, 'problem')}: what could not be read then is not in the point.`,
    )
  for (const what of manifest?.notKept.slice(0, 20) ?? []) lines.push(`Never in the backup: ${what}.`)
  if (wasTakenUp)
    lines.push(
      'The run was taken up again: files that an earlier process had finished were looked at by size and time, not read again.',
    )
  if (record.origin && record.origin.user !== 'root' && process.platform !== 'win32')
    lines.push(`Owners of files: only root may set them, and ${record.origin.user} ran this restore.`)
  if (!from)
    lines.push('What the run read from was not noted: neither the manifest’s hash nor what it says is known.')
  lines.push(
    `The times are those of the clock of ${record.origin?.host ?? 'this machine'}; it was compared with no other.`,
  )
  return lines
}

const ended = (result: Result) => result === 'restored' || result === 'restored-with-problems'
