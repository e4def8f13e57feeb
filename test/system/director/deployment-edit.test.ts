import { describe, expect, it } from 'vitest'
import type { DirectorYamlFile } from '../../../shared/director.ts'
import type { YamlEdit } from '../../../electron/engine/system/director/deployment/index.ts'
import {
  applyEdits,
  checkDeployment,
  diffOf,
  maskedLines,
  parsePath,
  pathText,
} from '../../../electron/engine/system/director/deployment/index.ts'
import { valueOf } from '../../../electron/engine/system/director/deployment/yaml-tree.ts'
import { readYaml } from '../../../electron/engine/system/director/deployment/read-yaml.ts'
import { clusterMaster, goodMaster, goodRestore } from './yaml-texts.ts'

const set = (path: string, value: YamlEdit['value']): YamlEdit => ({ path: parsePath(path), value })
const master = (text: string, ...edits: YamlEdit[]) => applyEdits('master.yml', text, edits)
/** Lines that are not in the other text, in order. */
const difference = (before: string, after: string) => {
  const [old, now] = [before.split('\n'), after.split('\n')]
  return {
    removed: old.filter(line => !now.includes(line)),
    added: now.filter(line => !old.includes(line)),
  }
}
const valuesOf = (text: string) => {
  const read = readYaml('master.yml', text)
  if ('problem' in read) throw new Error(read.problem.finding)
  return JSON.parse(JSON.stringify(valueOf(read.root))) as unknown
}

describe('applyEdits', () => {
  it('gives the same bytes for no edits, and for edits that change nothing', () => {
    for (const text of [
      goodMaster,
      goodMaster.replaceAll('\n', '\r\n'),
      `\ufeff${goodMaster}`,
      clusterMaster.trimEnd(),
    ]) {
      expect(master(text)).toBe(text)
      expect(
        master(
          text,
          set('servers[0].ip', '192.0.2.11'),
          set('servers[0].enabled', true),
          set('install_msp', null),
        ),
      ).toBe(text)
    }
  })

  it.each<[string, YamlEdit['value'], string, string]>([
    ['servers[0].ip', '192.0.2.99', '  - ip: 192.0.2.11', '  - ip: 192.0.2.99'],
    ['servers[0].port', 2222, '    port: 22', '    port: 2222'],
    ['servers[0].user', "o'neil", '    user: operator', '    user: "o\'neil"'],
    ['servers[0].user', 'yes', '    user: operator', '    user: "yes"'],
    ['servers[0].name', '007', '    name: server1', '    name: "007"'],
    ['servers[0].enabled', false, '    enabled: true', '    enabled: false'],
    ['servers[0].bond_ip', null, '    bond_ip: 198.51.100.31', '    bond_ip:'],
    [
      'servers[0].password',
      'a"b\\c #d',
      '    password: "correct horse"   # "quoted" # twice',
      '    password: "a\\"b\\\\c #d"   # "quoted" # twice',
    ],
    [
      'director_site',
      'DC',
      'director_site: "DR"                     # passive',
      'director_site: "DC"                     # passive',
    ],
    [
      'install_msp',
      1,
      'install_msp:                            # empty for a restore',
      'install_msp: 1                            # empty for a restore',
    ],
    ['docker_registry', 'a: b', 'docker_registry:', 'docker_registry: "a: b"'],
    [
      'servers[0].lan-nics[1]',
      'eno2',
      '    lan-nics: [enp4s0f0, enp4s0f1]',
      '    lan-nics: [enp4s0f0, eno2]',
    ],
    [
      'servers[0].lan-nics[2]',
      'a, b',
      '    lan-nics: [enp4s0f0, enp4s0f1]',
      '    lan-nics: [enp4s0f0, enp4s0f1, "a, b"]',
    ],
    ['keepalived[0].host_vrrp_id', 51, '    host_vrrp_id: 50', '    host_vrrp_id: 51'],
    [
      'certsInfo.city',
      'Köln]',
      'certsInfo: {countryCode: , state: , city: , organization: , organizationalUnit: , email: }',
      'certsInfo: {countryCode: , state: , city: "Köln]" , organization: , organizationalUnit: , email: }',
    ],
    [
      'certsInfo.zip',
      '1',
      'certsInfo: {countryCode: , state: , city: , organization: , organizationalUnit: , email: }',
      'certsInfo: {countryCode: , state: , city: , organization: , organizationalUnit: , email: , zip: "1"}',
    ],
  ])('changes only the line of %s', (path, value, removed, added) => {
    for (const [eol, end] of [
      ['\n', ''],
      ['\r\n', '\r'],
    ] as const) {
      const before = goodMaster.replaceAll('\n', eol)
      const after = master(before, set(path, value))
      expect(difference(before, after)).toEqual({ removed: [removed + end], added: [added + end] })
      expect(before.split('\n').length).toBe(after.split('\n').length)
    }
  })

  it('keeps the quotes that stood there', () => {
    const names = applyEdits('restore.yml', goodRestore, [
      { path: ['POSTGRES_DUMP_FILE'], value: 'postgres_latest_dump.tar.gz' },
      { path: ['ELK_DUMP_FILE'], value: 'elk_latest_dump.tar.gz' },
      { path: ['MONGO_DUMP_FILE'], value: 'mongo_latest.dump.gz' },
    ])
    expect(names.split('\n').slice(0, 4)).toEqual([
      '# the backup of Sunday',
      'MONGO_DUMP_FILE: mongo_latest.dump.gz',
      'POSTGRES_DUMP_FILE: "postgres_latest_dump.tar.gz"   # quoted',
      "ELK_DUMP_FILE: 'elk_latest_dump.tar.gz'",
    ])
  })

  it('adds what is missing where it belongs', () => {
    expect(difference(goodMaster, master(goodMaster, set('servers[0].pem', '/root/key')))).toEqual({
      removed: [],
      added: ['    pem: /root/key'],
    })
    const after = master(clusterMaster, set('servers[1].port', 2222)).split('\n')
    expect(after.slice(6, 9)).toEqual(['  - ip: 192.0.2.12', '    port: 2222', '    name: server2'])
    expect(after.join('\n').replace('    port: 2222\n', '')).toBe(clusterMaster)
    expect(master(clusterMaster, set('director_site', 'DR'))).toBe(`${clusterMaster}director_site: DR\n`)
    expect(master(clusterMaster.trimEnd(), set('director_site', 'DR'))).toBe(
      `${clusterMaster}director_site: DR`,
    )
    expect(
      master(
        'servers:\r\n  - ip: 192.0.2.1\r\nkeepalived: # none\r\n\r\n# end\r\n',
        set('keepalived[0].host_vrrp_ip', '192.0.2.5'),
        set('keepalived[0].host_vrrp_id', 7),
        set('external_disk.minio_disk_size', 0),
      ),
    ).toBe(
      'servers:\r\n  - ip: 192.0.2.1\r\nkeepalived: # none\r\n  - host_vrrp_ip: 192.0.2.5\r\n    host_vrrp_id: 7\r\nexternal_disk:\r\n  minio_disk_size: 0\r\n\r\n# end\r\n',
    )
    expect(valuesOf(master('servers: []\n', set('servers[0].ip', '192.0.2.1')))).toEqual({
      servers: [{ ip: '192.0.2.1' }],
    })
    expect(valuesOf(master(clusterMaster, set('servers[3].ip', '192.0.2.14')))).toMatchObject({
      servers: [{}, {}, {}, { ip: '192.0.2.14' }],
      keepalived: [{ host_vrrp_id: 50 }],
    })
    expect(valuesOf(master('certsInfo: {}\n', set('certsInfo.city', 'x')))).toEqual({
      certsInfo: { city: 'x' },
    })
    expect(valuesOf(master('certsInfo: {a: 1,}\n', set('certsInfo.city', 'x')))).toEqual({
      certsInfo: { a: 1, city: 'x' },
    })
    expect(valuesOf(master('servers:\n  -\n', set('servers[0].ip', '192.0.2.1')))).toEqual({
      servers: [{ ip: '192.0.2.1' }],
    })
  })

  it('replaces a text of several lines as a whole', () => {
    const text = 'servers:\n  - ip: a\n    password: |-\n      one\n      two\n\n    user: op # x\n'
    expect(master(text, set('servers[0].password', 'three'))).toBe(
      'servers:\n  - ip: a\n    password: "three"\n\n    user: op # x\n',
    )
    expect(master(text, set('servers[0].pem', 'k'))).toBe(text.replace('op # x\n', 'op # x\n    pem: k\n'))
  })

  it('writes whatever text so that it is read as the same', () => {
    const odd = [
      '',
      ' ',
      'a b',
      ' a',
      'a ',
      '#',
      'a #b',
      'a: b',
      '- a',
      '? a',
      '"',
      "'",
      '\\',
      '\n',
      'a\nb',
      '\t',
      'yes',
      'NO',
      'null',
      '~',
      '1',
      '1.5',
      '0x1f',
      '0o17',
      '1e5',
      '1_000',
      '.5',
      '.inf',
      '2026-11-20',
      '12:30:45',
      '<<',
      '=',
      '!a',
      '&a',
      '*a',
      '@a',
      '`a',
      '%a',
      '{a}',
      '[a]',
      'a,b',
      '|',
      '>',
      '\u0007',
      '\u0085',
      '\u2028',
      '\ufeff',
      '😀',
      'é',
      '{{ x }}',
      '192.0.2.1',
      'true',
      '---',
      '...',
      "it's",
    ]
    for (const style of ['plain', '"double"', "'single'", '', '|\n      block', '>-\n      folded'])
      for (const value of odd) {
        const text = `servers:\n  - ip: a\n    user: ${style}\n    name: b # c\n`
        const after = master(text, { path: ['servers', 0, 'user'], value })
        expect(valuesOf(after)).toEqual({ servers: [{ ip: 'a', user: value, name: 'b' }] })
        const flow = master(`a: {user: ${style.includes('\n') ? '' : style}, b: 1}\n`, {
          path: ['a', 'user'],
          value,
        })
        expect(valuesOf(flow)).toEqual({ a: { user: value, b: 1 } })
      }
  })

  it('changes what was meant and nothing else, for every value of a file', () => {
    const paths: (string | number)[][] = []
    const walk = (value: unknown, path: (string | number)[]): void => {
      if (Array.isArray(value)) value.forEach((item, n) => walk(item, [...path, n]))
      else if (typeof value === 'object' && value !== null)
        for (const [key, item] of Object.entries(value)) walk(item, [...path, key])
      else paths.push(path)
    }
    walk(valuesOf(goodMaster), [])
    expect(paths.length).toBeGreaterThan(35)
    for (const path of paths)
      for (const value of ['new value', 7, false, null] as const) {
        const after = applyEdits('master.yml', goodMaster, [{ path, value }])
        const [old, now] = [goodMaster.split('\n'), after.split('\n')]
        expect(now.length, pathText(path)).toBe(old.length)
        expect(now.filter((line, n) => line !== old[n]).length, pathText(path)).toBeLessThanOrEqual(1)
      }
  })

  it.each([
    ['a map', 'servers[0]'],
    ['a list', 'servers'],
    ['a place far behind the end of a list', 'servers[7].ip'],
    ['a key under a value', 'vxlan_id.x'],
    ['a place in a value', 'vxlan_id[0]'],
    ['a key of a list', 'servers.ip'],
    ['a number in a map', 'certsInfo[0]'],
  ])('refuses to write into %s', (_what, path) => {
    expect(() => master(goodMaster, set(path, 'x'))).toThrowError(
      expect.objectContaining({ code: 'input.invalid' }),
    )
  })

  it('refuses what would make the file unsafe, and files that are', () => {
    expect(() => master(goodMaster, { path: ['__proto__', 'x'], value: 'y' })).toThrowError(
      expect.objectContaining({ code: 'data.unsafe' }),
    )
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
    expect(() => master('a: *b\n', set('a', 'x'))).toThrowError(
      expect.objectContaining({ code: 'data.unsafe' }),
    )
    expect(() => master('a: [\n', set('a', 'x'))).toThrowError(
      expect.objectContaining({ code: 'data.format' }),
    )
    expect(() => master('a: !!str b\n', set('a', 'x'))).toThrowError(
      expect.objectContaining({ code: 'input.invalid' }),
    )
  })

  it('mends what the check says it can mend', () => {
    let text = goodMaster
      .replace('install_msp: ', 'install_msp: 1')
      .replace('port: 22', 'port: "022"')
      .replace('"DR"', '"DC"')
    const problems = () =>
      checkDeployment({ restore: goodRestore, master: text, expectedSite: 'DR' }).problems.filter(
        ({ level }) => level === 'stop',
      )
    expect(problems()).toHaveLength(3)
    text = text.replace('"022"', '70000')
    const edits = problems().flatMap(({ edit }) =>
      edit?.op === 'set' ? [{ path: edit.path, value: edit.value }] : [],
    )
    text = master(text, ...edits)
    expect(problems()).toEqual([])
  })
})

describe('parsePath', () => {
  it('reads what pathText writes, and refuses the rest', () => {
    for (const text of ['servers[0].ip', 'director_site', 'external_ip[1]', 'servers[0].lan-nics[1]'])
      expect(pathText(parsePath(text))).toBe(text)
    for (const text of ['', '.', 'a.', '.a', '[0]', 'a[', 'a[x]', 'a[-1]', 'a b', 'a..b', 'a[0]b', 'a\n'])
      expect(() => parsePath(text), text).toThrowError(expect.objectContaining({ code: 'input.invalid' }))
  })
})

describe('diffOf', () => {
  const diff = (before: string | null, after: string, file: DirectorYamlFile = 'master.yml') =>
    diffOf(file, { before, after, keptAs: 'master.yml.20261120T170000Z' })
  const text = ({ lines }: ReturnType<typeof diff>) =>
    lines.map(({ is, line, text }) => `${{ same: ' ', removed: '-', added: '+' }[is]}${line} ${text}`)

  it('is empty for the same text', () => {
    expect(diff(goodMaster, goodMaster)).toEqual({ file: 'master.yml', changed: 0, lines: [], keptAs: null })
  })

  it('shows a small file whole, with what was taken out before what was put in', () => {
    expect(text(diff('a: 1\nb: 2\nc: 3\n', 'a: 1\nb: 4\nc: 3\nd: 5\n'))).toEqual([
      ' 1 a: 1',
      '-2 b: 2',
      '+2 b: 4',
      ' 3 c: 3',
      '+4 d: 5',
    ])
    expect(diff('a: 1\nb: 2\nc: 3\n', 'a: 1\nb: 4\nc: 3\nd: 5\n').changed).toBe(2)
    expect(text(diff(null, 'a: 1\n'))).toEqual(['+1 a: 1'])
  })

  it('shows three lines around each change of a large one', () => {
    const lines = Array.from({ length: 500 }, (_, n) => `k${n}: ${n}`)
    const after = lines.with(99, 'k99: x').join('\n')
    expect(text(diff(lines.join('\n'), after))).toEqual([
      ' 97 k96: 96',
      ' 98 k97: 97',
      ' 99 k98: 98',
      '-100 k99: 99',
      '+100 k99: x',
      ' 101 k100: 100',
      ' 102 k101: 101',
      ' 103 k102: 102',
    ])
  })

  it('masks secrets in lines that change, in lines that stay, and in comments', () => {
    const before = goodMaster
      .replace('# pem: /path/to/key', '# password: "old hunter2"')
      .replace('# "quoted" # twice', '# was hunter2')
      .replace('smtp_password: ,', 'smtp_password: hunter2,')
    const after = master(before, { path: ['servers', 0, 'password'], value: 'new hunter2', secret: true })
    const shown = diff(before, after)
    expect(JSON.stringify(shown)).not.toMatch(/hunter2|correct horse/)
    expect(shown.changed).toBe(1)
    expect(text(shown).filter(line => line.includes('password'))).toEqual([
      ' 6     # password: ••••••',
      '-7     password: ••••••   # ••••••',
      '+7     password: ••••••   # ••••••',
      expect.stringContaining('smtp_password: ••••••, smtp_from_email_address: , '),
    ])
  })

  it('masks blocks, keys in clear, and files that cannot be read', () => {
    const key = ['-----BEGIN OPENSSH ', 'PRIVATE KEY-----'].join('')
    const text = `a:\n  password: |\n    hunter2\n    hunter2\n  pem: |\n    ${key}\n    hunter2\n    -----END x-----\n  b: 1\n`
    expect(maskedLines(text).join('\n')).not.toContain('hunter2')
    expect(maskedLines(text)).toHaveLength(10 - 1)
    expect(maskedLines(text).at(-1)).toBe('  b: 1')
    expect(
      maskedLines('a: {password: , b: "x # password: 1"} # token=hunter2\n# b\npassword: # hunter2\n'),
    ).toEqual(['a: {password: , b: "x # password: 1"} # ••••••', '# b', 'password: # ••••••'])
    expect(maskedLines('a: [\npassword: hunter2\nFTP_PASSWORD: hunter2 # x\n').join('\n')).not.toContain(
      'hunter2',
    )
  })
})
