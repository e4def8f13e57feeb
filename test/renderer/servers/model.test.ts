import { describe, expect, it } from 'vitest'
import { blankDraft } from '../../../renderer/features/servers/draft.ts'
import { adviceFor, fieldOf, shownKey } from '../../../renderer/features/servers/failure-at.ts'
import {
  bySite,
  checkLines,
  checkSummary,
  doubtOf,
  leadOf,
  serverWord,
  stoppedLines,
} from '../../../renderer/features/servers/model.ts'
import type { ServerInfo } from '../../../shared/contract/server.ts'
import type { Failure, FailureCode } from '../../../shared/failure.ts'
import { serverRecord } from '../../../shared/server.ts'

const failed = (code: FailureCode, more: Partial<Failure> = {}): Failure => ({
  code,
  during: 'server.test',
  retry: 'after-fix',
  ...more,
})
const info = (name: string, more: Record<string, unknown> = {}, failure?: Failure | null): ServerInfo => ({
  record: serverRecord.parse({ type: 'local', path: '/mnt/x', name, added: '2026-03-01T00:00:00Z', ...more }),
  hasSecrets: false,
  keyHint: null,
  lastTest: failure === undefined ? null : { at: '2026-03-01T00:00:00Z', took: 1, checks: [], failure },
  plans: [],
})
const seen = 'SHA256:SRF7heDCqmZWnvNIJXsI3mE8dgvN5KIG/abcdefghij'.slice(0, 50)
const known = 'SHA256:WrtMHMKRuVQSvmnY4ww6NNFNdZwjTReohHUq14TLgkI'

describe('the list of servers', () => {
  it('goes by site, and by name inside of one', () => {
    const list = [
      info('z'),
      info('b', { site: 'air-gap' }),
      info('a10', { site: 'on-site' }),
      info('a9', { site: 'on-site' }),
    ]
    expect(bySite(list).map(({ record }) => record.name)).toEqual(['a9', 'a10', 'b', 'z'])
  })

  it('has one word for each server', () => {
    expect(serverWord(info('a'))).toBe('Not tested')
    expect(serverWord(info('a', {}, null))).toBe('Ready')
    expect(serverWord(info('a', {}, failed('trust.wrong-medium')))).toBe('Not connected')
    expect(serverWord(info('a', {}, failed('auth.rejected')))).toBe('Failed')
    const ftp = { type: 'ftp', host: 'h', user: 'u' }
    expect(serverWord(info('a', ftp, failed('trust.certificate')))).toBe('Blocked')
    expect(serverWord(info('a', ftp, failed('network.unreachable')))).toBe('No answer')
  })

  it('counts who is ready', () => {
    expect(leadOf([])).toContain('None yet')
    expect(leadOf([info('a', {}, null)])).toContain('The one server is ready')
    expect(leadOf([info('a', {}, null), info('b')])).toContain('1 of 2 servers are ready')
  })
})

describe('the lines of a check', () => {
  it('stand worst first, what was learned before what passed', () => {
    const lines = checkLines([
      { name: 'list', ok: true, level: 'info', detail: 'it can be listed' },
      { name: 'resume', ok: true, level: 'info', detail: 'goes on' },
      { name: 'clock', ok: false, level: 'warn', detail: 'far off' },
      { name: 'write', ok: false, level: 'stop', detail: 'auth.denied: read-only' },
    ])
    expect(lines.map(({ state }) => state)).toEqual(['failed', 'look', 'learned', 'pass'])
    expect(lines[0]?.finding).toBe('The server knows you but does not allow this (read-only)')
    expect(checkSummary(lines)).toBe('1 failed, 1 passed, 1 learned, 1 limit')
  })

  it('tell where a check stopped that could not begin', () => {
    const lines = stoppedLines(failed('auth.rejected'), 'sftp')
    expect(lines.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'Name pass',
      'Answer pass',
      'Host key pass',
      'Sign-in failed',
      'List not-tried',
      'Write and read not-tried',
    ])
    expect(stoppedLines(failed('remote.failed'), 's3')).toEqual([])
  })
})

describe('the place of a failure', () => {
  it('is the secret that was refused', () => {
    expect(fieldOf(failed('auth.rejected'), blankDraft('s3'))?.path).toBe('secrets.secretAccessKey')
    expect(fieldOf(failed('auth.rejected'), blankDraft('ftp'))?.path).toBe('secrets.password')
    expect(fieldOf(failed('auth.rejected'), { ...blankDraft('azure'), secrets: null })?.path).toBe('secrets')
  })

  it('is the field that the engine names', () => {
    const failure = failed('input.invalid', { subject: 'jump.host', detail: 'a host name or address' })
    expect(fieldOf(failure, blankDraft('sftp'))).toEqual({
      path: 'jump.host',
      words: 'A host name or address.',
    })
  })

  it('is no field for what nobody can type', () => {
    expect(fieldOf(failed('remote.failed'), blankDraft('s3'))).toBeNull()
  })

  it('tells the keys of a changed host, and which of two hosts showed it', () => {
    const draft = blankDraft('sftp')
    const jump = {
      ...draft,
      text: { ...draft.text, host: 'a.example', jump: 'on', 'jump.host': 'j.example', 'jump.port': '2222' },
    }
    const failure = failed('trust.host-key-changed', {
      detail: `[j.example]:2222 showed ssh-ed25519 ${seen}; pinned is ${known}`,
    })
    expect(shownKey(failure, jump)).toEqual({
      host: '[j.example]:2222',
      kind: 'ssh-ed25519',
      fingerprint: seen,
      known,
      field: 'jump.hostKey',
    })
    expect(shownKey(failed('auth.rejected'), jump)).toBeNull()
  })

  it('has advice of this page instead of commands', () => {
    for (const code of [
      'auth.rejected',
      'trust.host-key-changed',
      'trust.certificate',
      'remote.no-container',
    ] as const)
      expect(adviceFor(failed(code), 'sftp')).not.toMatch(/drydock |--/)
  })
})

describe('a local disk', () => {
  const fresh = { name: 'folder', ok: false, level: 'warn' as const, detail: 'This folder is new.' }
  const test = (checks: (typeof fresh)[], failure: Failure | null = null) => ({
    ...{ at: '2026-11-20T00:00:00.000Z', took: 5, checks, failure },
  })

  it('is asked about before it is added when nothing is on it', () => {
    expect(doubtOf(test([fresh]), 'local')).toBe('This folder is new.')
    expect(doubtOf(test([]), 'local')).toBeNull()
    expect(doubtOf(test([fresh]), 'sftp')).toBeNull()
    expect(doubtOf(test([fresh], failed('remote.full')), 'local')).toBeNull()
    expect(doubtOf(null, 'local')).toBeNull()
  })

  it('that is gone is not connected, and is to be plugged in instead of created', () => {
    const gone = failed('remote.no-container')
    const record = serverRecord.parse({ type: 'local', name: 'stick', path: '/media/x', added: 'x' })
    expect(serverWord({ record, lastTest: test([], gone) })).toBe('Not connected')
    expect(adviceFor(gone, 'local')).toMatch(/^Plug the disk in, or correct the folder/)
    expect(fieldOf(gone, blankDraft('local'))).toMatchObject({ words: expect.stringMatching(/plugged in/) })
  })
})
