import { describe, expect, it } from 'vitest'
import type { CheckInput } from '../../../electron/engine/system/director/deployment/index.ts'
import { checkDeployment, masterView } from '../../../electron/engine/system/director/deployment/index.ts'
import { directorProblem } from '../../../shared/director.ts'
import { clusterMaster, goodMaster, goodRestore, latestRestore } from './yaml-texts.ts'

/** `stop name.empty restore.yml MONGO_DUMP_FILE:2`, and proof that each is of the contract. */
const said = (input: Partial<CheckInput>) => {
  const result = checkDeployment({ restore: goodRestore, master: goodMaster, ...input })
  return {
    ...result,
    lines: result.problems.map(problem => {
      const { code, level, file, path, line } = directorProblem.parse(problem)
      expect(problem.finding).not.toBe('')
      expect(problem.fix).not.toBe('')
      return `${level} ${code} ${file} ${path}:${line}`
    }),
  }
}
const change = (text: string, from: string | RegExp, to: string) => {
  const changed = text.replace(from, to)
  expect(changed).not.toBe(text)
  return changed
}
const master = (from: string | RegExp, to: string, more: Partial<CheckInput> = {}) =>
  said({ master: change(goodMaster, from, to), ...more }).lines
const cluster = (from: string | RegExp, to: string, more: Partial<CheckInput> = {}) =>
  said({ master: change(clusterMaster, from, to), ...more }).lines
const restore = (from: string | RegExp, to: string) => said({ restore: change(goodRestore, from, to) }).lines

describe('checkDeployment', () => {
  it('says go for a standalone director and for a cluster that nothing is wrong with', () => {
    expect(said({})).toMatchObject({ verdict: 'go', mode: 'standalone', lines: [] })
    expect(said({ master: clusterMaster })).toMatchObject({ verdict: 'go', mode: 'cluster', lines: [] })
  })

  it('says go for the least a standalone director needs', () => {
    const least = 'servers:\n  - ip: 192.0.2.11\n    user: op\n    pem: key\n'
    expect(said({ master: least })).toMatchObject({ verdict: 'go', mode: 'standalone', lines: [] })
  })

  it('stops for a folder without the files', () => {
    expect(said({ restore: null, master: null }).lines).toEqual([
      'stop file.missing restore.yml :null',
      'stop file.missing master.yml :null',
    ])
  })

  describe('restore.yml', () => {
    it.each([
      ['a missing name', /ELK_DUMP_FILE.*\n/, '', 'name.missing', null],
      ['an empty name', /'elk.*'/, '', 'name.empty', 4],
      ['a name of blanks', /'elk.*'/, '"  "', 'name.empty', 4],
      ['a name with a folder', "'elk_", "'2026/elk_", 'name.path', 4],
      ['a name that climbs', "'elk_", "'../elk_", 'name.path', 4],
      ['a name with a backslash', "'elk_", "'..\\elk_", 'name.path', 4],
      ['a name of something else', /'elk.*'/, 'elk.tar', 'name.unknown', 4],
      [
        'a name with a line end',
        /'elk_20261115T020003_dump.tar.gz'/,
        '"elk_20261115T020003_dump.tar.gz\\n"',
        'name.unknown',
        4,
      ],
      ['a number for a name', /'elk.*'/, '20261115', 'types.wrong', 4],
      ['a list for a name', /'elk.*'/, '[a]', 'types.wrong', 4],
      [
        'the file of another component',
        /'elk_.*'/,
        'postgres_20261115T020003_dump.tar.gz',
        'name.wrong-component',
        4,
      ],
      ['the file of another run', "'elk_20261115", "'elk_20261108", 'stamp.mixed', 4],
      ['a latest copy among others', "'elk_20261115T020003", "'elk_latest", 'stamp.mixed', 4],
    ])('stops for %s, with its line', (_what, from, to, code, line) => {
      expect(restore(from, to)).toEqual([`stop ${code} restore.yml ELK_DUMP_FILE:${line}`])
    })

    it('takes stamps with and without a Z as one run', () => {
      expect(restore("'elk_20261115T020003", "'elk_20261115T020003Z")).toEqual([])
    })

    it('warns of latest names while no server was asked', () => {
      const { verdict, lines } = said({ restore: latestRestore })
      expect(lines).toEqual(['warn name.latest restore.yml MONGO_DUMP_FILE:1'])
      expect(verdict).toBe('warn')
    })

    it('warns of the older form, and reads its names', () => {
      const old = `FTP_HOST: 192.0.2.9\nFTP_PORT: 21\nFTP_USER: op\nFTP_PASSWORD: hunter2hunter2\nFTP_DIR: /b\n${goodRestore}`
      const { lines, problems } = said({ restore: old })
      expect(lines).toEqual(['warn restore.ftp-form restore.yml FTP_HOST:1'])
      expect(JSON.stringify(problems)).not.toContain('hunter2')
    })

    it('warns of keys it does not know', () => {
      expect(said({ restore: `${goodRestore}MONGO_DUMP: x\n` }).lines).toEqual([
        'warn keys.unknown restore.yml MONGO_DUMP:7',
      ])
    })

    const latest = ['mongo', 'postgres', 'elk', 'certificate-service', 'ec-provision'] as const
    const names = [...latestRestore.matchAll(/: (.*)/g)].map(([, name]) => name ?? '')
    const onServer = (equals: string | null, size = 7) => ({
      points: [],
      latest: latest.map((component, n) => ({
        component,
        name: names[n] ?? '',
        size,
        modified: null,
        equals,
      })),
    })
    it('takes latest names as the run they equal on the server', () => {
      expect(said({ restore: latestRestore, onServer: onServer('20261115T020003') }).lines).toEqual([])
      const unlike = onServer('20261115T020003')
      unlike.latest[0]!.equals = '20261114T020003'
      expect(said({ restore: latestRestore, onServer: unlike }).lines).toEqual([
        'stop stamp.mixed restore.yml MONGO_DUMP_FILE:1',
      ])
      expect(said({ restore: latestRestore, onServer: onServer(null) }).lines).toEqual([
        'warn name.latest restore.yml MONGO_DUMP_FILE:1',
      ])
      expect(said({ restore: latestRestore, onServer: onServer('20261115T020003', 0) }).lines).toHaveLength(5)
    })

    it('stops for names that are not on the server, are empty there, or cannot be read', () => {
      const files = [...goodRestore.matchAll(/: ["']?([a-z_0-9T]+\.[a-z.]+gz)/g)].map(([, name = ''], n) => ({
        component: latest[n] ?? 'mongo',
        name,
        size: n,
        modified: null,
      }))
      const flags = [{ code: 'unreadable-tail' as const, component: 'elk' as const, detail: 'cut off' }]
      const point = { stamp: '20261115T020003', files: files.slice(0, 4), flags }
      expect(said({ onServer: { points: [point], latest: [] } }).lines).toEqual([
        'stop file.empty restore.yml MONGO_DUMP_FILE:2',
        'stop file.unreadable-tail restore.yml ELK_DUMP_FILE:4',
        'stop name.not-on-server restore.yml EC_PROVISION_CERTS_DUMP_FILE:6',
      ])
    })
  })

  describe('master.yml', () => {
    it.each([
      ['no servers', /servers:[\s\S]*?(?=keepalived)/, 'servers:\n', 'servers.none', 'servers', 1],
      [
        'an empty list of servers',
        /servers:[\s\S]*?(?=keepalived)/,
        'servers: []\n',
        'servers.none',
        'servers',
        1,
      ],
      ['no enabled server', 'enabled: true', 'enabled: false', 'servers.none-enabled', 'servers', 1],
      ['a server without ip', 'ip: 192.0.2.11', 'ip:', 'servers.no-ip', 'servers[0].ip', 2],
      ['a server with an empty ip', 'ip: 192.0.2.11', 'ip: ""', 'servers.no-ip', 'servers[0].ip', 2],
      ['a number as ip', 'ip: 192.0.2.11', 'ip: 192.02', 'types.wrong', 'servers[0].ip', 2],
      ['an address that is none', 'ip: 192.0.2.11', 'ip: 192.0.2.311', 'servers.bad-ip', 'servers[0].ip', 2],
      ['an option as ip', 'ip: 192.0.2.11', 'ip: -oProxyCommand=x', 'servers.bad-ip', 'servers[0].ip', 2],
      ['a server without user', 'user: operator', 'user:', 'servers.no-user', 'servers[0].user', 5],
      ['a user with a line end', 'user: operator', 'user: "a\\nb"', 'servers.bad-user', 'servers[0].user', 5],
      [
        'neither key nor password',
        /password: "correct horse"/,
        'password:',
        'servers.no-login',
        'servers[0].password',
        7,
      ],
      ['port 0', 'port: 22', 'port: 0', 'servers.port', 'servers[0].port', 3],
      ['port 70000', 'port: 22', 'port: 70000', 'servers.port', 'servers[0].port', 3],
      ['a negative port', 'port: 22', 'port: -22', 'servers.port', 'servers[0].port', 3],
      ['a port in quotes', 'port: 22', 'port: "22"', 'types.wrong', 'servers[0].port', 3],
      ['an octal port', 'port: 22', 'port: 022', 'types.wrong', 'servers[0].port', 3],
      ['a word as port', 'port: 22', 'port: ssh', 'types.wrong', 'servers[0].port', 3],
      ['a fraction as port', 'port: 22', 'port: 22.5', 'types.wrong', 'servers[0].port', 3],
      ['a word for enabled', 'enabled: true', 'enabled: maybe', 'types.wrong', 'servers[0].enabled', 16],
      ['install_msp: 1', 'install_msp: ', 'install_msp: 1', 'install.msp', 'install_msp', 24],
      ['install_msp: 0', 'install_msp: ', 'install_msp: 0', 'install.msp', 'install_msp', 24],
      [
        'install_tenant: yes',
        'install_tenant:',
        'install_tenant: yes',
        'install.tenant',
        'install_tenant',
        25,
      ],
      [
        'servers that are no list',
        /servers:[\s\S]*?(?=keepalived)/,
        'servers: all\n',
        'types.wrong',
        'servers',
        1,
      ],
      ['a server that is no map', 'vxlan_id: 199', 'vxlan_id: [1]', 'types.wrong', 'vxlan_id', 20],
    ])('stops for %s, with its line', (_what, from, to, code, path, line) => {
      expect(master(from, to)).toEqual([`stop ${code} master.yml ${path}:${line}`])
    })

    it('offers the edit that mends what can be mended', () => {
      const edits = (from: string, to: string) =>
        said({ master: change(goodMaster, from, to) }).problems.map(({ edit }) => edit)
      expect(edits('install_msp: ', 'install_msp: 1')).toEqual([
        { op: 'set', path: ['install_msp'], value: null },
      ])
      expect(edits('port: 22', 'port: "22"')).toEqual([
        { op: 'set', path: ['servers', 0, 'port'], value: 22 },
      ])
      expect(edits('enabled: true', 'enabled: false')).toEqual([
        { op: 'set', path: ['servers', 0, 'enabled'], value: true },
      ])
    })

    it('reads the words for booleans of YAML 1.1 as Ansible does', () => {
      expect(master('enabled: true', 'enabled: yes')).toEqual([])
      expect(master('enabled: true', 'enabled: off')).toEqual([
        'stop servers.none-enabled master.yml servers:1',
      ])
    })

    it('tells the mode from the enabled servers, and holds them against the one asked for', () => {
      expect(said({ mode: 'cluster' }).lines).toEqual(['stop servers.count master.yml servers:1'])
      expect(said({ master: clusterMaster, mode: 'standalone' }).lines).toEqual([
        'stop servers.count master.yml servers:1',
      ])
      const two = said({ master: change(clusterMaster, 'enabled: true', 'enabled: false') })
      expect(two).toMatchObject({ mode: 'cluster', lines: ['stop servers.count master.yml servers:1'] })
      const unclear = clusterMaster
        .replace('enabled: true', 'enabled: false')
        .replace(/keepalived[\s\S]*/, '')
      expect(said({ master: unclear })).toMatchObject({
        mode: null,
        lines: ['stop servers.count master.yml servers:1'],
      })
    })

    it.each([
      ['no keepalived', /keepalived[\s\S]*/, '', 'keepalived', null],
      ['an empty keepalived', /keepalived[\s\S]*/, 'keepalived:\n', 'keepalived', 17],
      [
        'a keepalived without address',
        /keepalived[\s\S]*/,
        'keepalived:\n  - host_vrrp_ip:\n    host_vrrp_id: 5\n',
        'keepalived',
        17,
      ],
    ])('stops for a cluster with %s', (_what, from, to, path, line) => {
      expect(cluster(from, to)).toEqual([`stop keepalived.missing master.yml ${path}:${line}`])
    })

    it('warns of what keepalived says that cannot be right', () => {
      expect(cluster('192.0.2.50', '198.51.100.50')).toEqual([
        'warn keepalived.subnet master.yml keepalived[0].host_vrrp_ip:18',
      ])
      expect(
        cluster('host_vrrp_id: 50', 'host_vrrp_id: 50\n  - host_vrrp_ip: 192.0.2.51\n    host_vrrp_id: 50'),
      ).toEqual(['warn keepalived.same-id master.yml keepalived[1].host_vrrp_id:21'])
      expect(cluster('192.0.2.50', '192.0.2.12')).toEqual([
        'stop keepalived.same-ip master.yml keepalived[0].host_vrrp_ip:18',
      ])
    })

    it('stops for the same ip twice', () => {
      expect(cluster('192.0.2.13', '192.0.2.11')).toEqual([
        'stop servers.same-ip master.yml servers[2].ip:12',
      ])
    })

    it('only warns of what a server that is not enabled lacks', () => {
      const text = `${goodMaster.replace('keepalived', '  - ip:\n    enabled: false\nkeepalived')}`
      const { verdict, lines } = said({ master: text })
      expect(verdict).toBe('warn')
      expect(lines.every(line => line.startsWith('warn servers.no-'))).toBe(true)
    })

    it('warns of unknown keys wherever they stand', () => {
      expect(master('port: 22', 'prot: 22')).toEqual(['warn keys.unknown master.yml servers[0].prot:3'])
      expect(master('vxlan_id', 'vxlan-id')).toEqual(['warn keys.unknown master.yml vxlan-id:20'])
    })

    it('holds director_site against the site that was chosen, and says nothing while none was', () => {
      const live = change(goodMaster, '"DR"', '"DC"')
      expect(said({ master: live }).lines).toEqual([])
      const { lines, problems } = said({ master: live, expectedSite: 'DR' })
      expect(lines).toEqual(['stop site.mismatch master.yml director_site:22'])
      expect(problems[0]).toMatchObject({ edit: { path: ['director_site'], value: 'DR' } })
      expect(problems[0]?.finding).toContain('live data centre')
    })

    it('never repeats a secret, whatever is wrong with it', () => {
      for (const broken of [
        '[hunter2hunter2]',
        '{a: hunter2hunter2}',
        '"hunter2hunter2',
        '!!x hunter2hunter2',
        'true',
      ])
        expect(
          JSON.stringify(said({ master: change(goodMaster, '"correct horse"', broken) }).problems),
        ).not.toContain('hunter2')
    })

    it('warns of a password that is a number without quotes', () => {
      expect(master('"correct horse"', '0123456')).toEqual([
        'warn servers.bare-password master.yml servers[0].password:7',
      ])
    })
  })
})

describe('masterView', () => {
  it('tells what matters and no secret', () => {
    const view = masterView(goodMaster)
    expect(JSON.stringify(view)).not.toContain('correct horse')
    expect(view).toEqual({
      hosts: [
        {
          index: 0,
          name: 'server1',
          ip: '192.0.2.11',
          port: 22,
          user: 'operator',
          enabled: true,
          auth: 'password',
          pem: null,
          components: ['Master', 'elk'],
          bondIp: '198.51.100.31',
        },
      ],
      keepalived: [{ ip: '192.0.2.50', id: 50 }],
      directorSite: 'DR',
      installMsp: null,
      installTenant: null,
      externalIp: ['203.0.113.7'],
      disks: [
        { key: 'analytics_disk_size', value: '100' },
        { key: 'analytics_data_path', value: '/media/disk1/elkdata' },
        { key: 'minio_disk_size', value: '0' },
        { key: 'minio_data_path', value: '/media/disk1/miniodata' },
      ],
    })
  })

  it('is null for what cannot be read', () => {
    expect(masterView('a: [')).toBeNull()
    expect(masterView('- a')).toBeNull()
  })
})
