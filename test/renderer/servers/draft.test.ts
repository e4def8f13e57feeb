import { describe, expect, it } from 'vitest'
import {
  blankDraft,
  type Draft,
  draftOf,
  isSame,
  recordOf,
  secretsToSend,
  wrongFields,
} from '../../../renderer/features/servers/draft.ts'
import { type ServerRecord, serverRecord } from '../../../shared/server.ts'

const typed = (draft: Draft, text: Record<string, string>, secrets?: Record<string, string>): Draft => ({
  ...draft,
  text: { ...draft.text, ...text },
  secrets: secrets ?? draft.secrets,
})
const stored = (record: Record<string, unknown>): ServerRecord =>
  serverRecord.parse({ added: '2026-03-01T00:00:00Z', ...record })

const records: Record<string, ServerRecord> = {
  s3: stored({
    type: 's3',
    name: 'minio',
    site: 'on-site',
    endpoint: 'https://192.0.2.11:9000',
    bucket: 'b',
    prefix: 'x',
    pathStyle: true,
  }),
  azure: stored({ type: 'azure', name: 'archive', account: 'account1', container: 'dr-archive' }),
  sftp: stored({
    type: 'sftp',
    name: 'shell',
    host: 'a.example',
    port: 2222,
    user: 'u',
    jump: { host: 'j.example', user: 'v', port: 22 },
  }),
  ftp: stored({ type: 'ftp', name: 'depot', host: 'f.example', user: 'u', tls: 'implicit', port: 990 }),
  local: stored({ type: 'local', name: 'disk', path: '/mnt/x' }),
}

describe('the draft of a server', () => {
  it.each(Object.entries(records))('comes back as it was stored for %s', (_, record) => {
    const { added: _a, learned: _l, ...settings } = record
    const again = serverRecord.parse({ ...recordOf(draftOf(record, true)), added: record.added })
    expect(again).toMatchObject(settings)
  })

  it.each(['s3', 'azure', 'sftp', 'ftp', 'local'] as const)('says what a new %s server lacks', type => {
    expect(Object.keys(wrongFields(blankDraft(type)))).toContain('name')
    expect(Object.keys(wrongFields(blankDraft(type))).length).toBeGreaterThan(1)
  })

  it('sends only the secrets of the way one signs in', () => {
    const draft = {
      ...typed(blankDraft('sftp'), {}, { password: 'p', privateKey: 'k' }),
      login: 'privateKey' as const,
    }
    expect(secretsToSend(draft)).toEqual({ privateKey: 'k' })
    expect(secretsToSend({ ...draft, login: 'agent' })).toBeNull()
  })

  it('keeps stored secrets as long as none is typed, and does not ask for them', () => {
    const draft = draftOf(records['s3'] as ServerRecord, true)
    expect(secretsToSend(draft)).toBeNull()
    expect(wrongFields(draft)).toEqual({})
  })

  it('asks for both halves once one of a stored key pair is replaced', () => {
    const draft = typed(draftOf(records['s3'] as ServerRecord, true), {}, { accessKeyId: 'new' })
    expect(wrongFields(draft)).toHaveProperty('secrets.secretAccessKey')
    expect(isSame(draft, draftOf(records['s3'] as ServerRecord, true))).toBe(false)
  })

  it('names a wrong address, port and fingerprint', () => {
    const s3 = typed(blankDraft('s3'), { endpoint: '192.0.2.11:9000' })
    expect(wrongFields(s3)).toHaveProperty('endpoint')
    const sftp = typed(blankDraft('sftp'), { port: '70000', hostKey: 'SHA256:short' })
    expect(wrongFields(sftp)).toHaveProperty('port')
    expect(wrongFields(sftp)).toHaveProperty('hostKey')
  })

  it('looks at the jump host only when it goes through one', () => {
    const direct = typed(blankDraft('sftp'), { 'jump.port': 'x' })
    expect(wrongFields(direct)).not.toHaveProperty('jump.port')
    const jump = typed(direct, { jump: 'on' })
    expect(wrongFields(jump)).toHaveProperty('jump.port')
    expect(wrongFields(jump)).toHaveProperty('jump.host')
    expect(recordOf(direct)).not.toHaveProperty('jump')
  })

  it('leaves out what stays empty, and how the bucket is named when that is as usual', () => {
    expect(recordOf(typed(blankDraft('s3'), { name: ' m ', bucket: 'b' }))).toEqual({
      type: 's3',
      name: 'm',
      bucket: 'b',
      region: 'us-east-1',
    })
  })

  it('keeps the name when the kind is changed, and nothing else', () => {
    const draft = blankDraft(
      'ftp',
      typed(blankDraft('s3'), { name: 'depot', bucket: 'b' }, { accessKeyId: 'x' }),
    )
    expect(draft.text['name']).toBe('depot')
    expect(draft.secrets).toEqual({})
    expect(draft.text['tls']).toBe('explicit')
  })
})
