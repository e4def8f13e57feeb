import type { DirectorProof, ProofReport } from '../../../shared/contract/proof.ts'
import { formatBytes } from '../../../shared/units.ts'
import type { AskedDirectorRestore, DirectorSection } from './director-section.ts'

type Facts = {
  asked: AskedDirectorRestore
  section: DirectorSection
  /** What the server is, in one line. */
  serverAbout: string
  operator: string
  /** Whose clock the times are. */
  clockOf: string
  result: ProofReport['result']
}

const some = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
const pages = { director: 'Director pages', analytics: 'Analytics pages' } as const

/** What is known of a Director restore, in words, and how. Says nothing that Drydock did not see itself. */
export function provenOfDirector({ asked, section, operator }: Facts): string[] {
  const { files, exit, recap, diffs, terminal, afterwards, adopted } = section
  const lines: string[] = []
  const hashed = files.filter(({ sha256 }) => sha256 !== null)
  if (hashed.length > 0)
    lines.push(
      `${hashed.length} of ${some(files.length, 'file')}, ${formatBytes(sumOf(hashed))}: read from ${asked.server} as a whole before the restore began, and their SHA-256 noted.`,
    )
  if (adopted)
    lines.push(
      `All of them have the SHA-256 that they were adopted with on ${adopted.at.slice(0, 10)}, as it is kept on ${adopted.on}.`,
    )
  if (exit === 0) lines.push('setup.sh ran to its end: its exit status is 0.')
  // The recap of an early play says nothing of the hosts that a later one did not come to.
  const hosts = recap.filter(({ host }) => host !== 'localhost')
  if (exit === 0 && hosts.length > 0 && recap.every(isGood))
    lines.push(
      `Ansible named ${some(hosts.length, 'host')} in its recap, none with a task that failed: ${hosts.map(({ host, ok, changed }) => `${host} ${ok} ok, ${changed} changed`).join('; ')}.`,
    )
  if (exit !== null)
    lines.push(
      diffs.length === 0
        ? 'restore.yml and master.yml stood as they were: the script read them unchanged.'
        : `${diffs.map(({ file, changed, keptAs }) => `${file}: ${some(changed, 'line')} changed${keptAs === null ? '' : `, the old file kept as ${keptAs}`}`).join('; ')}.`,
    )
  if (terminal)
    lines.push(
      `All that the script said was kept: terminal.log, ${formatBytes(terminal.bytes)}, secrets masked.`,
    )
  for (const { id, ok, note } of afterwards)
    if (ok) lines.push(`${pages[id]}: ${operator} looked, and all is there${noted(note)}.`)
  return lines
}

/** What nobody looked at. Never empty: Drydock does not look inside the databases that the vendor's script restored. */
export function notProvenOfDirector(facts: Facts): string[] {
  const { asked, section, serverAbout, operator, clockOf, result } = facts
  const { files, exit, recap, terminal, afterwards, hostState, lastTask } = section
  const lines: string[] = []
  if (result !== 'restored' && result !== 'restored-with-problems')
    lines.push(
      `The restore did not come to its end${lastTask === null ? '' : `, the last task was ${lastTask}`}: ${hostState ?? 'what state the hosts are in is not known.'}`,
    )
  const bad = recap.filter(one => !isGood(one))
  for (const { host, unreachable, failed } of bad)
    lines.push(`${host}: ${some(failed, 'task')} failed, ${some(unreachable, 'task')} did not reach it.`)
  lines.push(
    'The databases: Drydock did not look inside what setup.sh restored. It knows the exit status and what Ansible said of each task.',
  )
  for (const id of ['director', 'analytics'] as const) {
    const check = afterwards.find(one => one.id === id)
    if (!check) lines.push(`${pages[id]}: nobody has looked at them yet.`)
    else if (!check.ok)
      lines.push(`${pages[id]}: ${operator} looked, and something is wrong${noted(check.note)}.`)
  }
  const unread = files.filter(({ sha256 }) => sha256 === null)
  if (files.length === 0)
    lines.push('The backup files: what was on the server before the restore was not noted.')
  else if (unread.length > 0)
    lines.push(
      `${some(unread.length, 'file')} ${unread.length === 1 ? 'was' : 'were'} looked at by size and head only: ${unread.map(({ name }) => name).join(', ')}.`,
    )
  lines.push(
    asked.fetch === 'served'
      ? 'What the script did with the files: Drydock served them on the deployment host, and saw what the script said of it only.'
      : `That the script got the same bytes: it fetched the files from ${asked.server} itself, after Drydock had looked at them.`,
  )
  lines.push(
    section.adopted
      ? `What the vendor’s backup wrote: the files are compared with what they were on ${section.adopted.at.slice(0, 10)}, and carry no hash of before.`
      : 'The files are what the vendor’s backup wrote: they carry no hash of that time to compare with.',
  )
  lines.push(
    'Analytics data of the current week: the vendor restores it from the snapshot only after the end of the week.',
  )
  if (/^S?FTP|^FTPS/.test(serverAbout))
    lines.push('Analytics configuration: the vendor does not support it over SFTP and FTP.')
  lines.push('Firmware images: not in a Director backup. They are copied to MinIO by hand.')
  if (exit === 0 && recap.every(({ host }) => host === 'localhost'))
    lines.push('That any host was restored: Ansible named none in its recap.')
  if (exit === null && (result === 'restored' || result === 'restored-with-problems'))
    lines.push('The exit status of setup.sh was not noted.')
  if (!terminal) lines.push('The output of the script was not kept.')
  lines.push(`The times are those of the clock of ${clockOf}; it was compared with no other.`)
  return lines
}

export const isGood = ({ failed, unreachable }: DirectorProof['recap'][number]) => failed + unreachable === 0
const sumOf = (files: DirectorProof['files']) => files.reduce((sum, { bytes }) => sum + bytes, 0)
const noted = (note: string) => (note.trim() === '' ? '' : ` (${note.trim().replace(/\.$/, '')})`)
