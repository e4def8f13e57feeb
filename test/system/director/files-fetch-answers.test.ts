import { describe, expect, it } from 'vitest'
import type { ServerRecord } from '../../../electron/engine/store/server-record.ts'
import { serverRecord } from '../../../electron/engine/store/server-record.ts'
import { fetchAnswers, notDirect } from '../../../electron/engine/system/director/files/index.ts'

const record = (fields: object): ServerRecord =>
  serverRecord.parse({ name: 'nas', added: '2026-11-20T00:00:00Z', ...fields })
const s3 = (more: object = {}) =>
  record({ type: 's3', endpoint: 'https://192.0.2.7:7081', bucket: 'director', ...more })
const keys = { accessKeyId: 'an-id', secretAccessKey: 'a secret/+=' }
const azure = (more: object = {}) =>
  record({ type: 'azure', account: 'exampleaccount', container: 'director', ...more })
const accountKey = Buffer.alloc(64, 7).toString('base64')
const sftp = (more: object = {}) =>
  record({ type: 'sftp', host: '192.0.2.7', user: 'backup', path: '/srv/director', ...more })
const ftp = (more: object = {}) =>
  record({ type: 'ftp', host: '192.0.2.7', user: 'backup', path: 'director', tls: 'none', ...more })

describe('what setup.sh is told of a server', () => {
  it('is the address of the endpoint with its port, the bucket and both keys for S3', () => {
    expect(fetchAnswers(s3(), keys)).toMatchObject({
      answers: {
        type: 'S3',
        accessKey: 'an-id',
        secretKey: 'a secret/+=',
        bucket: 'director',
        url: 'https://192.0.2.7:7081',
      },
      reach: { host: '192.0.2.7', port: 7081 },
      warn: null,
    })
    expect(fetchAnswers(s3({ endpoint: undefined, region: 'eu-west-1' }), keys)).toMatchObject({
      answers: { url: 'https://s3.eu-west-1.amazonaws.com' },
      reach: { port: 443 },
    })
    expect(fetchAnswers(s3({ ca: 'PEM' }), keys)).toMatchObject({
      warn: expect.stringContaining('certificate') as string,
    })
  })

  it('is the account and its key for Azure, also out of a connection string, and the folder as the blob', () => {
    const answers = { type: 'AZURE', accountName: 'exampleaccount', accountKey, container: 'director' }
    expect(fetchAnswers(azure(), { accountKey })).toMatchObject({
      answers: { ...answers, blob: '' },
      // What an empty line means to the script is not known: the operator is asked.
      warn: expect.stringMatching(/blob name.*ask you/) as string,
      reach: { host: 'exampleaccount.blob.core.windows.net', port: 443 },
    })
    const connectionString = `DefaultEndpointsProtocol=https;AccountName=exampleaccount;AccountKey=${accountKey}`
    expect(
      fetchAnswers(azure({ account: undefined, prefix: '/site/a/' }), { connectionString }),
    ).toMatchObject({
      answers: { ...answers, blob: 'site/a' },
    })
    expect(
      fetchAnswers(azure({ endpoint: 'http://192.0.2.8:10000/exampleaccount' }), { accountKey }),
    ).toMatchObject({
      warn: expect.stringContaining('192.0.2.8:10000') as string,
    })
  })

  it('is host, port, user, password and folder for SFTP and FTP, with a warning for FTP', () => {
    const answers = { type: 'FTP', host: '192.0.2.7', user: 'backup', password: 'pw' }
    expect(fetchAnswers(sftp(), { password: 'pw' })).toMatchObject({
      answers: { ...answers, ftpType: 'sftp', port: 22, dir: '/srv/director' },
      warn: null,
    })
    expect(fetchAnswers(ftp(), { password: 'pw' })).toMatchObject({
      answers: { ...answers, ftpType: 'ftp', port: 21, dir: 'director' },
      warn: expect.stringContaining('not encrypted') as string,
    })
  })

  it.each([
    ['a folder in a bucket', s3({ prefix: 'site-a' }), keys, 'site-a'],
    ['keys of a profile', s3({ profile: 'ops' }), null, 'profile'],
    ['a session token', s3(), { ...keys, sessionToken: 'token' }, 'session token'],
    ['an endpoint with a path', s3({ endpoint: 'https://192.0.2.7/s3' }), keys, 'more than a host'],
    ['no keys', s3(), null, 'not in the vault'],
    ['a SAS token', azure(), { sas: 'sv=1&sig=invented' }, 'SAS'],
    [
      'a connection string with a signature',
      azure(),
      { connectionString: 'AccountName=exampleaccount;SharedAccessSignature=sv=1&sig=invented' },
      'SAS',
    ],
    [
      'a connection string of another account',
      azure(),
      { connectionString: `AccountName=another;AccountKey=${accountKey}` },
      'does not fit',
    ],
    ['a key instead of a password', sftp(), { privateKey: 'PEM' }, 'key'],
    ['a jump host', sftp({ jump: { host: '192.0.2.9', user: 'jump' } }), { password: 'pw' }, '192.0.2.9'],
    ['FTP inside TLS', ftp({ tls: 'explicit' }), { password: 'pw' }, 'TLS'],
    ['an empty password', ftp(), { password: '' }, 'empty'],
    ['a line break in a password', sftp(), { password: 'one\ntwo' }, 'line break'],
    ['a password of 5000 letters', sftp(), { password: 'x'.repeat(5000) }, 'too long'],
    ['a disk of this machine', record({ type: 'local', path: '/srv' }), null, 'disk of this machine'],
  ])('is nothing for %s, and it says why', (_, server, secrets, why) => {
    expect(notDirect(server, secrets)).toContain(why)
  })

  it('never shows a secret in the reason or the warning', () => {
    const password = 'invented\\harbour \n'
    for (const secret of [password, password.trim(), `${password.trim()} `]) {
      const found = fetchAnswers(sftp(), { password: secret })
      expect('notDirect' in found ? found.notDirect : found.warn).not.toContain('harbour')
    }
    expect(fetchAnswers(sftp(), { password: 'a\\b' })).toMatchObject({
      warn: expect.stringContaining('backslash') as string,
    })
  })
})
