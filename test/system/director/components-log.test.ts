import { describe, expect, it } from 'vitest'
import {
  BackupLog,
  loggedRuns,
  parseBackupLog,
} from '../../../electron/engine/system/director/components/index.ts'
import { directorComponents, directorFileName } from '../../../shared/director-files.ts'

const first = '20260326T131502'
const second = '20260326T131503'

/** What a run writes, in pieces as it writes them. */
function written(stamp: string, failing?: string): string[] {
  const pieces: string[] = []
  const log = new BackupLog(text => pieces.push(text))
  for (const component of directorComponents) {
    log.started(component, stamp, directorFileName(component, stamp))
    if (component === failing) log.failed(component, 'the command ended with status 1:\nno room')
    else log.succeeded(component)
  }
  return pieces
}

describe('the log of backups', () => {
  it('is written in the vendor’s words', () => {
    expect(written(first).slice(0, 2).join('')).toBe(
      [
        `TIMESTAMP:: ${first}`,
        `BACKUP_NAME:: mongo_${first}.dump.gz`,
        '=> Mongo DB Backup started',
        '   > Mongo DB Backup succeeded',
        '=> Done',
        '',
      ].join('\n'),
    )
  })

  it('is read back as what was written', () => {
    const backups = parseBackupLog(written(first, 'elk').join(''))
    expect(backups.map(({ component, state }) => [component, state])).toEqual(
      directorComponents.map(component => [component, component === 'elk' ? 'failed' : 'succeeded']),
    )
    expect(backups[2]).toEqual({
      ...{ stamp: first, component: 'elk', name: `elk_${first}_dump.tar.gz`, state: 'failed' },
      words: 'the command ended with status 1: no room',
    })
  })

  it('tells two runs apart whose lines stand between each other', () => {
    const [a, b] = [written(first), written(second, 'postgres')]
    const mixed = a.flatMap((piece, index) => [piece, b[index] ?? '']).join('')
    const runs = loggedRuns(parseBackupLog(mixed))
    expect([...runs.keys()]).toEqual([first, second])
    expect(runs.get(first)?.map(({ state }) => state)).toEqual(directorComponents.map(() => 'succeeded'))
    const states = runs.get(second)?.map(({ component, state }) => [component, state])
    expect(states).toEqual(directorComponents.map(c => [c, c === 'postgres' ? 'failed' : 'succeeded']))
  })

  it('tells components apart by their names when they write at once, and what has not ended yet', () => {
    const lines = [
      `TIMESTAMP:: ${first}`,
      `BACKUP_NAME:: elk_${first}_dump.tar.gz`,
      '=> ELK Backup started',
      `BACKUP_NAME:: certificate_service_certs_${first}_dump.tar.gz`,
      '=> Certificate Service Certs Backup started',
      `BACKUP_NAME:: ec_provision_certs_${first}_dump.tar.gz`,
      '   > ELK Backup succeeded',
      '=> Done',
    ]
    expect(parseBackupLog(lines.join('\r\n')).map(({ component, state }) => [component, state])).toEqual([
      ['elk', 'succeeded'],
      ['certificate-service', 'started'],
      ['ec-provision', 'named'],
    ])
  })

  it('passes over what it does not know, and keeps a line without a name apart', () => {
    const backups = parseBackupLog(
      `rubbish\n${'x'.repeat(5000)}\n=> Redis Backup started\n=> Mongo DB Backup started\n`,
    )
    expect(backups).toEqual([{ stamp: null, component: 'mongo', name: null, state: 'started', words: '' }])
    expect(loggedRuns(backups).size).toBe(0)
  })
})
