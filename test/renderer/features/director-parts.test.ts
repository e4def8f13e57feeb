import { describe, expect, it } from 'vitest'
import type { DirectorPoint, MasterView } from '../../../shared/contract/director.ts'
import type { DeploymentInfo } from '../../../shared/contract/director.ts'
import { deployment } from '../../../shared/director.ts'
import type { Failure } from '../../../shared/failure.ts'
import {
  draftOf,
  pinned,
  recordOf,
  secretsOf,
  placeOption,
  readingWords,
  shownKey,
  wrongFields,
} from '../../../renderer/features/director/deployment-draft.ts'
import {
  authWords,
  modeOf,
  readPort,
  typedValue,
  withEdits,
} from '../../../renderer/features/director/master.ts'
import {
  bestSource,
  type Holding,
  latestWords,
  newestWhole,
  stateOf,
  toldOf,
  whyNotPoint,
} from '../../../renderer/features/director/sources.ts'
import { near, paired } from '../../../renderer/ui/list/diff-lines.ts'

const point = (stamp: string, rest: Partial<DirectorPoint> = {}): DirectorPoint => ({
  stamp,
  at: `2026-03-${stamp.slice(6, 8)}T00:00:00.000Z`,
  ...{ files: [], flags: [], isLatest: false, ...rest },
})
const holding = (points: DirectorPoint[], rest: Partial<Holding> = {}): Holding => ({
  ...{ points, vendorOwned: false, latest: [], notDirect: null, ...rest },
})
const missing = { code: 'missing' as const, component: 'elk' as const, detail: 'elk is not there' }

describe('where a Director can come from', () => {
  it('begins with the newest whole run, and of equals with the server that setup.sh can fetch from', () => {
    const old = holding([point('20260320T000000')])
    const torn = holding([point('20260326T000000', { flags: [missing] }), point('20260319T000000')])
    const disk = holding([point('20260322T000000')], { notDirect: 'it is a disk' })
    const direct = holding([point('20260322T000000')])
    expect(bestSource([['old', old], ['torn', torn], ['disk', disk]])).toBe('disk') // prettier-ignore
    expect(bestSource([['disk', disk], ['direct', direct]])).toBe('direct') // prettier-ignore
    expect(bestSource([['none', holding([])]])).toBeNull()
  })

  it('never proposes a safety copy, which can be chosen', () => {
    const safety = point('20260327T000000', { safetyCopy: true })
    expect(newestWhole([safety, point('20260320T000000')])?.stamp).toBe('20260320T000000')
    expect(newestWhole([safety])).toBeNull()
    expect(whyNotPoint(safety)).toBeNull()
    expect(bestSource([['copies', holding([safety])]])).toBeNull()
  })

  it('says of a run that is not whole why it cannot be chosen', () => {
    const torn = point('20260326T000000', { flags: [missing] })
    expect(newestWhole([torn])).toBeNull()
    expect(whyNotPoint(torn)).toBe('elk is missing')
    const twice = point('20260326T000000', {
      flags: [missing, { ...missing, code: 'empty', component: 'mongo' }],
    })
    expect(whyNotPoint(twice)).toBe('elk is missing, and 1 more')
    expect(stateOf(torn)).toBe('Incomplete')
    const mixed = point('20260326T000000', { flags: [{ ...missing, code: 'mixed' }] })
    expect(whyNotPoint(mixed)).toBeNull()
    expect(stateOf(mixed)).toBe('At risk')
  })

  it('says what the copies named latest are', () => {
    const copy = (equals: string | null, looked = true) => ({
      ...{
        component: 'mongo' as const,
        name: 'mongo_latest.dump.gz',
        size: 1,
        modified: null,
        equals,
        looked,
      },
    })
    expect(latestWords([])).toBeNull()
    expect(latestWords([copy('A'), copy('A')])).toMatchObject({
      tone: 'ok',
      text: expect.stringMatching(/of A/),
    })
    expect(latestWords([copy('A'), copy('B')])).toMatchObject({ tone: 'warn' })
    expect(latestWords([copy(null)])?.text).toMatch(/mongo_latest.dump.gz equals no run/)
    expect(latestWords([copy(null, false)])).toMatchObject({
      tone: 'idle',
      text: expect.stringMatching(/mongo_latest.dump.gz is of was not looked into/),
    })
  })

  it('tells what setup.sh is told, without a secret', () => {
    const common = { name: 's', added: '2026-01-01T00:00:00Z', learned: {} }
    const told = toldOf({
      ...common,
      ...{ type: 'sftp', host: 'vault.example.com', port: 2222, user: 'backup', path: '/srv' },
    })
    expect(Object.fromEntries(told)).toMatchObject({ 'FTP type': 'sftp', Host: 'vault.example.com:2222' })
    expect(toldOf({ ...common, type: 'local', path: '/mnt' })).toEqual([])
  })
})

const view: MasterView = {
  hosts: [0, 1].map(index => ({
    ...{ index, name: `server${index + 1}`, ip: `192.0.2.${11 + index}`, port: 22, user: 'operator' },
    ...{ enabled: index === 0, auth: 'pem' as const, pem: '/k', components: [], bondIp: null },
  })),
  keepalived: [{ ip: '192.0.2.50', id: 50 }],
  ...{ directorSite: 'DC', installMsp: '1', installTenant: null, externalIp: ['198.51.100.7'] },
  disks: [{ key: 'external_disk.minio_disk_size', value: '100' }],
}

describe('master.yml as it will be', () => {
  it('shows every change, and leaves the rest', () => {
    const next = withEdits(view, [
      { op: 'set', path: ['servers', 1, 'ip'], value: '192.0.2.99' },
      { op: 'set', path: ['servers', 1, 'enabled'], value: true },
      { op: 'set', path: ['servers', 0, 'port'], value: 2222 },
      { op: 'secret', path: ['servers', 0, 'password'], draft: 'd1' },
      { op: 'set', path: ['keepalived', 0, 'host_vrrp_id'], value: 51 },
      { op: 'set', path: ['install_msp'], value: null },
      { op: 'set', path: ['external_ip', 0], value: '198.51.100.8' },
      { op: 'set', path: ['external_disk', 'minio_disk_size'], value: 200 },
      { op: 'set', path: ['something', 'else'], value: 1 },
    ])
    expect(next.hosts[1]).toMatchObject({ ip: '192.0.2.99', enabled: true, auth: 'pem' })
    expect(next.hosts[0]).toMatchObject({ port: 2222, auth: 'both', ip: '192.0.2.11' })
    expect(next).toMatchObject({ keepalived: [{ ip: '192.0.2.50', id: 51 }], installMsp: null })
    expect(next).toMatchObject({ externalIp: ['198.51.100.8'], disks: [{ value: '200' }] })
    expect(view.installMsp).toBe('1')
  })

  it('is standalone with one enabled host, a cluster with three, and neither else', () => {
    const enabled = (...on: boolean[]) =>
      modeOf({ ...view, hosts: on.map((is, index) => ({ ...view.hosts[0]!, index, enabled: is })) })
    expect(enabled(true, false)).toBe('standalone')
    expect(enabled(true, true, true)).toBe('cluster')
    expect(enabled(true, true)).toBeNull()
  })

  it('keeps a number a number and nothing nothing', () => {
    expect(typedValue('51', 50)).toBe(51)
    expect(typedValue('51', '50')).toBe('51')
    expect(typedValue('  ', '1')).toBeNull()
    expect(readPort('65536')).toBeNull()
    expect(readPort('0')).toBeNull()
    expect(readPort('2222')).toBe(2222)
  })

  it('says how a host is signed in to', () => {
    expect(authWords(view.hosts[0]!, false)).toBe('key /k')
    expect(authWords({ ...view.hosts[0]!, auth: 'none' }, false)).toBe('no key and no password')
    expect(authWords(view.hosts[0]!, true)).toMatch(/from the vault/)
  })
})

const key = `SHA256:${'a'.repeat(43)}`
const record = deployment.parse({
  ...{ name: 'dr', added: '2026-01-01T00:00:00Z', hostKeys: { '192.0.2.11:22': key } },
  place: {
    ...{ kind: 'ssh', host: 'deploy.example.com', port: 22, user: 'op', folder: '/opt/setup' },
    jump: { host: 'gate.example.com', port: 2222, user: 'op' },
  },
})
const info: DeploymentInfo = { record, hasSecrets: true }

describe('a deployment folder in its form', () => {
  it('gives back the record it began with, and keeps its secrets', () => {
    const draft = draftOf(info)
    expect(deployment.parse({ ...recordOf(draft, record), added: record.added })).toEqual(record)
    expect(secretsOf(draft)).toBeNull()
    expect(wrongFields(draft)).toEqual({})
  })

  it('says which fields of a new one need a change', () => {
    const draft = draftOf(null)
    expect(Object.keys(wrongFields(draft)).sort()).toEqual(
      ['name', 'place.folder', 'place.host', 'place.user', 'secrets.password'].sort(),
    )
    const local = { ...draft, kind: 'local' as const, text: { name: 'dr', 'place.folder': 'setup' } }
    expect(Object.keys(wrongFields(local))).toEqual(['place.folder'])
  })

  it('sends only the secret of the chosen way in', () => {
    const secrets = { password: 'p', privateKey: 'k', keyPassphrase: '' }
    const draft = { ...draftOf(null), secrets }
    expect(secretsOf(draft)).toEqual({ password: 'p' })
    expect(secretsOf({ ...draft, login: 'privateKey' })).toEqual({ privateKey: 'k' })
    expect(secretsOf({ ...draft, login: 'agent' })).toEqual({})
    expect(secretsOf({ ...draft, kind: 'local' })).toBeNull()
  })

  it('pins the key of the host that showed it, the jump host’s where that is the one', () => {
    const failure = (host: string): Failure => ({
      code: 'trust.host-key-unknown',
      during: 'director.read',
      retry: 'after-fix',
      detail: `${host} showed ssh-ed25519 ${key}`,
    })
    const own = shownKey(failure('deploy.example.com'), record.place)!
    expect(pinned(record, own).place).toMatchObject({ hostKey: key })
    const jump = shownKey(failure('[gate.example.com]:2222'), record.place)!
    expect(jump.jump).toBe(true)
    expect(pinned(record, jump).place).toMatchObject({ jump: { hostKey: key } })
    expect(shownKey({ ...failure('x'), code: 'network.unreachable' }, record.place)).toBeNull()
    const { title, todo } = readingWords({ ...failure('x'), code: 'trust.host-key-changed' }, 'the folder')
    expect(title).not.toContain('the folder')
    expect(todo).toMatch(/^Do not go on: .*administrator/)
    const refused = readingWords({ ...failure('x'), code: 'auth.rejected' }, 'the folder')
    expect(refused).toEqual({
      ...{ title: 'the folder cannot be read', todo: 'Change its password or key, then read it again.' },
    })
  })

  it('stand in a list with the name first and the end of a long folder', () => {
    const folder = `/srv/${'long/'.repeat(30)}setup`
    const line = placeOption({ name: 'dr', place: { kind: 'local', folder } })
    expect(line).toMatch(/^dr: ….*long\/setup on this machine$/)
    expect(line).toHaveLength('dr: '.length + 64)
    expect(placeOption({ name: 'dr', place: { kind: 'local', folder: '/opt' } })).toBe(
      'dr: /opt on this machine',
    )
  })
})

describe('a difference', () => {
  const line = (is: 'same' | 'removed' | 'added', number: number) => ({ is, line: number, text: `${number}` })

  it('shows lines near a change, and where some are left out', () => {
    const lines = [1, 2, 3, 4, 5, 6].map(number => line(number === 4 ? 'added' : 'same', number))
    expect(near(lines, 1).map(one => one?.line ?? '…')).toEqual(['…', 3, 4, 5, '…'])
    expect(near(lines, Infinity).map(one => one?.line)).toEqual([1, 2, 3, 4, 5, 6])
    expect(near([line('same', 1)], 1)).toEqual([])
  })

  it('sets what a value was beside what it will be', () => {
    const of = (...marks: string[]) =>
      marks.map((mark, index) => line(mark === '-' ? 'removed' : mark === '+' ? 'added' : 'same', index))
    const marks = (...given: string[]) =>
      paired(of(...given)).map(({ is }) => ({ removed: '-', added: '+', same: '=' })[is])
    expect(marks('=', '-', '-', '+', '+', '=')).toEqual(['=', '-', '+', '-', '+', '='])
    expect(marks('-', '+', '+')).toEqual(['-', '+', '+'])
    expect(marks('+', '=', '-', '=', '-', '+')).toEqual(['+', '=', '-', '=', '-', '+'])
    expect(marks('+', '-', '+')).toEqual(['+', '-', '+'])
    expect(paired([])).toEqual([])
  })
})
