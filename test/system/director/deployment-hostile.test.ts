import { describe, expect, it } from 'vitest'
import { checkDeployment } from '../../../electron/engine/system/director/deployment/index.ts'
import { goodMaster, goodRestore } from './yaml-texts.ts'

const check = (master: string) => {
  const { verdict, problems } = checkDeployment({ restore: goodRestore, master })
  expect(verdict).toBe('no-go')
  return problems.map(({ code, file, line }) => `${code} ${file}:${line}`)
}
const laughs = `a: &a [x,x,x,x,x,x,x,x,x]
${[...'bcdefghi'].map((key, n) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[n]}`).join(',')}]`).join('\n')}
`

describe('a hostile master.yml', () => {
  it.each([
    ['a billion laughs', laughs, 'yaml.alias', 2],
    ['one alias', 'a: &a 1\nb: *a\n', 'yaml.alias', 2],
    ['an alias of nothing', 'b: *a\n', 'yaml.alias', 1],
    ['a merge key', 'servers:\n  - <<: {ip: 192.0.2.1}\n', 'yaml.merge', 2],
    ['a tag that runs code', 'servers: !!js/function "function(){}"\n', 'yaml.tag', 1],
    ['a tag of Python', 'servers: !!python/object/apply:os.system ["id"]\n', 'yaml.tag', 1],
    ['a vault of Ansible', 'servers:\n  - password: !vault |\n      $ANSIBLE_VAULT;1.1\n', 'yaml.tag', 2],
    ['a tag on a list', 'servers: !!set [a]\n', 'yaml.tag', 1],
    ['a binary', 'servers: !!binary aGk=\n', 'yaml.tag', 1],
    ['a key that reaches into prototypes', '__proto__:\n  ip: 192.0.2.1\n', 'yaml.unsafe-key', 1],
    ['one deeper down', 'servers:\n  - ip: a\n    constructor: {prototype: 1}\n', 'yaml.unsafe-key', 3],
    ['a key that is a list', '[a, b]: 1\n', 'yaml.key', 1],
    [
      'a key twice',
      'servers:\n  - ip: 192.0.2.1\n    port: 22\n    ip: 192.0.2.2\n',
      'yaml.duplicate-key',
      4,
    ],
    ['a tab', 'servers:\n\t- ip: 192.0.2.1\n', 'yaml.tab', 2],
    ['two documents', 'a: 1\n---\nb: 1\n', 'yaml.documents', null],
    ['a directive', '%YAML 1.1\n---\na: 1\n', 'yaml.directive', 1],
    ['an open bracket', 'servers: [\n', 'yaml.syntax', 2],
    ['an open quote', 'a: 1\nservers: "x\n', 'yaml.syntax', 3],
    [
      'a comment without its mark',
      'servers:\n  - ip: 192.0.2.1\n    DONT EDIT\n    port: 22\n',
      'yaml.syntax',
      3,
    ],
    ['a NUL', 'a: "\0"\n', 'yaml.characters', 1],
    ['an escape sequence', 'a: 1\n# \u001b[2J\n', 'yaml.characters', 2],
    ['a lone carriage return', 'a: 1 # x\rb: 2\n', 'yaml.characters', 1],
    ['a line separator', 'a: 1 # x\u2028b: 2\n', 'yaml.characters', 1],
    ['half a surrogate pair', 'a: "\ud800"\n', 'yaml.characters', 1],
    ['nothing', '', 'yaml.empty', null],
    ['comments alone', '# a\n# b\n', 'yaml.empty', null],
    ['10 MB', `a: ${'x'.repeat(10_000_000)}\n`, 'yaml.too-large', null],
    ['10 MB of two bytes each', `a: ${'é'.repeat(600_000)}\n`, 'yaml.too-large', null],
    ['a list in a list, and on', `${'['.repeat(40)}${']'.repeat(40)}\n`, 'yaml.too-deep', 1],
    ['dashes', `${'- '.repeat(30_000)}a\n`, 'yaml.too-deep', 1],
    ['questions', `${'? '.repeat(30_000)}a\n`, 'yaml.too-deep', 1],
    ['stairs', Array.from({ length: 200 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'), 'yaml.too-deep', 26],
    ['many keys', Array.from({ length: 40_000 }, (_, n) => `k${n}: 1`).join('\n'), 'yaml.too-many', null],
    ['many lines', '# x\n'.repeat(200_000), 'yaml.too-many', null],
    ['many brackets', '[ '.repeat(500_000), 'yaml.too-many', null],
    ['many anchors', '&a '.repeat(300_000), 'yaml.too-many', null],
  ])('is refused with a message: %s', (_what, text, code, line) => {
    expect(check(text)).toEqual([`${code} master.yml:${line}`])
  })

  it.each([
    ['a list', '- a\n', 'types.wrong master.yml:1'],
    ['a text', 'hello\n', 'types.wrong master.yml:1'],
    ['a number', '1\n', 'types.wrong master.yml:1'],
  ])('is refused when it is %s', (_what, text, wanted) => {
    expect(check(text)).toEqual([wanted])
  })

  it('is read with a byte order mark and with line ends of Windows', () => {
    const { problems } = checkDeployment({
      restore: `\ufeff${goodRestore.replaceAll('\n', '\r\n')}`,
      master: `\ufeff${goodMaster.replaceAll('\n', '\r\n')}`,
    })
    expect(problems).toEqual([])
  })

  it.each([
    ['behind a colon', 'vxlan_id: 199', 'vxlan_id:\t199', 20],
    ['before a comment', 'enabled: true', 'enabled: true\t# x', 16],
    ['at the end of a line', 'enabled: true', 'enabled: true\t', 16],
  ])('is warned of when a tab stands %s, which Ansible does not read', (_what, from, to, line) => {
    const { problems } = checkDeployment({ restore: goodRestore, master: goodMaster.replace(from, to) })
    expect(problems).toMatchObject([{ code: 'yaml.tab', level: 'warn', line }])
  })

  it('may hold tabs in quotes and in comments', () => {
    const master = goodMaster.replace('"DR"', '"DR" #\tx').replace('correct horse', 'correct\thorse')
    expect(checkDeployment({ restore: goodRestore, master }).problems).toEqual([])
  })

  it('changes no prototype', () => {
    check('__proto__: {polluted: true}\nservers:\n  - {__proto__: {polluted: true}}\n')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('is a problem, not an exception, whatever character is put or taken where', () => {
    // A fixed sequence, so that what fails fails again.
    let seed = 7
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    const marks = [
      ...'[]{}:,-?#&*!|>\'"%@`\t\n\r \\x',
      '\u2028',
      '\0',
      '&a ',
      '*a ',
      '!!x ',
      '<<: ',
      '- ',
      '? ',
      '---\n',
      '|\n',
      '\ufeff',
    ]
    for (let n = 0; n < 600; n++) {
      const at = random(goodMaster.length)
      const mark = marks[random(marks.length)] ?? ''
      const text = goodMaster.slice(0, at) + (n % 3 === 0 ? '' : mark) + goodMaster.slice(at + (n % 2))
      const { problems } = checkDeployment({ restore: goodRestore, master: text })
      for (const { line } of problems) expect(line === null || line >= 1).toBe(true)
    }
  })
})
