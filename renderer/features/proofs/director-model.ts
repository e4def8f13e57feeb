import type { DirectorProof, ProofReport } from '../../../shared/contract/proof.ts'
import { counted, formatBytes, formatDuration } from '../../app/format.ts'
import { against, type ProofFigure } from './model.ts'

/** The hosts that were restored, by name; where the script ran when they are not known. */
export function hostsOf({ hosts, deployment }: DirectorProof): string {
  const names = hosts.filter(({ erased }) => erased).map(({ name }) => name)
  if (names.length === 0) return `the hosts of ${deployment.name}`
  return names.length === 1 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}

/** What is known of the script, in a sentence. */
export function directorReason({ exit, recap: all }: DirectorProof): string {
  // The machine the script runs on is no host that was restored.
  const recap = all.filter(({ host }) => host !== 'localhost')
  const sum = (field: 'ok' | 'failed' | 'unreachable') =>
    recap.reduce((sofar, host) => sofar + host[field], 0)
  const ended =
    exit === null
      ? 'How setup.sh ended is not known'
      : exit === 0
        ? 'setup.sh ended well'
        : `setup.sh ended with exit status ${exit}`
  if (recap.length === 0) return `${ended}; Ansible told of no host.`
  const bad = sum('failed') + sum('unreachable')
  return `${ended}: ${counted(sum('ok'), 'task')} ok on ${counted(recap.length, 'host')}, ${bad} failed.`
}

/** The figures of a Director restore: recovery from the outage and from the start, data lost, files. */
export function directorFigures(report: ProofReport, director: DirectorProof): ProofFigure[] {
  const { measured, outage } = report
  const { files, sinceStart } = director
  const sinceStartFigure: ProofFigure = {
    label: 'From start to end of the restore',
    value: formatDuration(sinceStart),
    ...{ ratio: null, tone: 'idle' },
    sub: outage === null ? 'no outage was declared' : 'part of the recovery time',
  }
  const hashed = files.filter(({ sha256 }) => sha256 !== null).length
  return [
    measured.recoveryTime
      ? outage === null && measured.recoveryTime.targetMs === null
        ? { ...sinceStartFigure, label: 'Recovery time, from start to end' }
        : against('Recovery time, from outage to end', measured.recoveryTime)
      : {
          label: 'Recovery time',
          value: 'None yet',
          ...{ ratio: null, tone: 'idle' as const },
          sub: `it was not restored; ${formatDuration(sinceStart)} were spent`,
        },
    ...(measured.recoveryTime && outage !== null ? [sinceStartFigure] : []),
    against(
      outage === null ? 'Data lost, from backup to restore' : 'Data lost, from backup to outage',
      measured.dataLost,
    ),
    {
      label: 'Files for the script',
      value: files.length === 0 ? 'Not noted' : counted(files.length, 'file'),
      ratio: files.length === 0 ? null : hashed / files.length,
      tone: hashed === files.length ? 'ok' : 'warn',
      sub: `${formatBytes(files.reduce((sum, { bytes }) => sum + bytes, 0))}; SHA-256 known of ${hashed}`,
      meterLabel: `SHA-256 known of ${hashed} of ${counted(files.length, 'file')}`,
    },
  ]
}

/** `7c41 9e02 … b8d3`: enough to compare by eye. */
export const shortHash = (sha256: string) =>
  `${sha256.slice(0, 4)} ${sha256.slice(4, 8)} … ${sha256.slice(-4)}`

/** Which page a line says that nobody looked at; null for any other line. */
export function unlooked(title: string, director: DirectorProof): 'director' | 'analytics' | null {
  const page = title === 'Director pages' ? 'director' : title === 'Analytics pages' ? 'analytics' : null
  return page !== null && director.afterwards.every(({ id }) => id !== page) ? page : null
}
