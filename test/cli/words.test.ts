import { describe, expect, it } from 'vitest'
import { modeText } from '../../electron/headless/cli/commands/ls.ts'
import { stopOn } from '../../electron/headless/cli/commands/try-server.ts'
import { ageInWords } from '../../electron/headless/cli/commands/points.ts'
import { endingOfRun } from '../../electron/headless/cli/ending.ts'
import { Interrupts } from '../../electron/headless/cli/interrupts.ts'
import { Masker } from '../../electron/engine/masker.ts'
import { clip, printable, table } from '../../electron/headless/cli/printable.ts'
import { progressLine } from '../../electron/headless/cli/progress-line.ts'
import { addSample, type RateSample } from '../../shared/run-rates.ts'
import { causesOf } from '../../electron/headless/cli/report.ts'
import type { Around } from '../../shared/failure-copy.ts'
import { describeFailure, failureCopy } from '../../shared/failure-copy.ts'
import type { Failure } from '../../shared/failure.ts'
import { failureCodes } from '../../shared/failure.ts'
import { windowAdvice } from '../../shared/window-advice.ts'

describe('words for failures', () => {
  it.each(failureCodes)('says for %s what happened, what is safe and what to do', code => {
    for (const around of [{ run: 'run-1', server: 'nas' }, {}]) {
      const { title, safe, todo } = describeFailure(
        {
          code,
          during: 'server.test',
          subject: 'nas',
          detail: 'the detail',
          retry: 'never',
        },
        around,
      )
      expect(title + safe + todo).not.toMatch(/\b(?:NAME|ID|POINT|S)\b/)
      expect(title).toMatch(/^nas: .*the detail/)
      expect(safe).toMatch(/\.$/)
      expect(todo).toMatch(/\.$/)
    }
    expect(Object.values(failureCopy[code]).every(text => text.length > 0)).toBe(true)
  })

  it('speaks of taking a run up again only where there is one', () => {
    const todo = (code: (typeof failureCodes)[number], run: boolean) =>
      describeFailure({ code, during: 'server.upload', retry: 'never' }, run ? { run: 'run-1' } : {}).todo
    expect(todo('network.unreachable', true)).toContain('drydock runs resume run-1')
    expect(todo('network.unreachable', false)).toBe(
      'Check address, port, network and firewall; then try again.',
    )
    expect(todo('remote.full', false)).toBe('Make room there; or send it to another server.')
    expect(todo('remote.failed', false)).toBe('Try again in a while; its own log says more.')
    for (const code of failureCodes) expect(todo(code, false)).not.toContain('drydock runs resume')
  })

  it('names the server where it is known, and suggests no command on one that was not saved', () => {
    const todo = (during: string, server?: string) =>
      describeFailure(
        { code: 'auth.rejected', during, retry: 'after-fix' },
        server === undefined ? {} : { server },
      ).todo
    expect(todo('server.test', 'nas')).toContain('drydock server edit nas --secrets-file')
    expect(todo('server.test')).toBe('Check user, password or key.')
    expect(todo('server.add', 'nas')).toBe('Check user, password or key; then run server add again.')
    for (const code of failureCodes)
      expect(
        describeFailure({ code, during: 'server.add', retry: 'never' }, { server: 'nas' }).todo,
      ).not.toMatch(/server (?:edit|test)/)
  })

  it('speaks of the deployment, not of a server, when that is what failed', () => {
    for (const code of failureCodes.filter(one =>
      /^(?:auth|trust|network)\.|\.not-found$|^local\.command/.test(one),
    ))
      for (const during of ['director.host', 'director.read', 'director.restore']) {
        const failure = { code, during, detail: 'the detail', retry: 'never' } as const
        const { todo } = describeFailure(failure, { server: 'nas', run: 'run-1' })
        expect(todo).not.toMatch(/server (?:edit|test) |drydock points/)
        expect(windowAdvice(failure, todo)).not.toMatch(/drydock [a-z]|--[a-z]|Servers\b/)
      }
    const { title, todo } = describeFailure(
      { code: 'remote.not-found', during: 'director.read', subject: '/opt/setup', retry: 'after-fix' },
      { server: 'nas' },
    )
    expect(title).toBe('/opt/setup: it is not there')
    expect(todo).toContain('deployment folder')
  })

  it('tells where the changed key of a Director’s host is kept, and attaches to no backup', () => {
    const keys = ['N', 'O'].map(one => `SHA256:${one.repeat(43)}`)
    const failure = (during: string): Failure => ({
      ...({ code: 'trust.host-key-changed', subject: 'root@192.0.2.11:22', retry: 'after-fix' } as const),
      ...{ during, detail: `192.0.2.11 showed ssh-ed25519 ${keys[0] ?? ''}; pinned is ${keys[1] ?? ''}` },
    })
    const todo = (during: string, around: Around) => describeFailure(failure(during), around).todo
    const backup = { run: 'run-1', deployment: 'dc', anew: true }
    expect(todo('director.host', backup)).toContain(`drydock director status dc --host-key ${keys[0]}`)
    const ofMaster = todo('director.preflight', backup)
    expect(ofMaster).toContain(`drydock director status dc --trust 192.0.2.11:22=${keys[0]}`)
    for (const one of [todo('director.host', backup), ofMaster])
      expect(one).not.toMatch(/director attach|known_hosts/)
    expect(todo('director.host', { ...backup, attach: 'run-1' })).toContain(
      'director attach run-1 --host-key',
    )
    expect(windowAdvice(failure('director.preflight'), ofMaster)).toContain('“Trust this key”')
  })

  it.each([
    [
      'run.conflict',
      'copy',
      'far holds this point already',
      'far holds this point already',
      'Nothing needs doing.',
    ],
    ['run.conflict', 'lock', 'in use by process 7', 'something else is at work', 'drydock runs list'],
    [
      'data.missing',
      'points.open',
      'not on nas',
      'there is no such point; it is not on nas',
      'drydock points',
    ],
    ['data.missing', 'points.open', 'on none of 2 servers', 'there is no such point', 'drydock points'],
    [
      'data.missing',
      'verify',
      '1 thing is wrong on nas',
      'something that belongs to it is missing',
      '--server',
    ],
    ['input.invalid', 'server.add', 'a server of this name exists', 'a server of this name exists', /^$/],
    ['input.invalid', 'server', 'no such server; there are a', 'no such server', 'drydock server list'],
    ['input.invalid', 'vault', 'the file is empty', 'the file is empty', 'not empty'],
  ] as const)('words %s during %s by its detail: %s', (code, during, detail, happened, next) => {
    const { title, todo } = describeFailure({ code, during, subject: 'x', detail, retry: 'after-fix' })
    expect(title.startsWith(`x: ${happened}`)).toBe(true)
    if (typeof next === 'string') expect(todo).toContain(next)
    else expect(todo).toMatch(next)
  })

  it('says that nothing was written when the room was counted before, and that of damage for restores only', () => {
    const safe = (code: 'local.full' | 'data.damaged', during: string, detail: string) =>
      describeFailure({ code, during, detail, retry: 'never' }, { run: 'r' }).safe
    expect(safe('local.full', 'restore.start', '5 GiB are to be written, 1 GiB are free')).toBe(
      'Nothing was written.',
    )
    expect(safe('local.full', 'restore', 'the disk is full')).toContain('Finished files are whole')
    expect(safe('data.damaged', 'restore', 'x')).toContain('Nothing damaged was put')
    expect(safe('data.damaged', 'verify', 'x')).not.toContain('Nothing damaged was put')
  })

  it('gives the fingerprint that was seen as the option that pins it', () => {
    const seen = `SHA256:${'b'.repeat(43)}`
    const { todo } = describeFailure({
      code: 'trust.host-key-unknown',
      during: 'server.test',
      detail: `h showed ssh-ed25519 ${seen}`,
      retry: 'after-fix',
    })
    expect(todo).toContain(`--host-key ${seen}`)
  })
})

describe('text for people', () => {
  it('makes control characters and changes of direction visible', () => {
    expect(printable('a\x1b[31m\n\u202eb\u2028')).toBe('a\\u001b[31m\\u000a\\u202eb\\u2028')
    expect(printable('grün 日本')).toBe('grün 日本')
  })

  it('cuts to a width and sets columns under each other', () => {
    expect(clip('abcdef', 4)).toBe('abc…')
    expect(
      table(
        [
          ['a', '10', 'x'],
          ['bbb', '2', 'yy'],
        ],
        new Set([1]),
      ),
    ).toEqual(['a    10  x', 'bbb   2  yy'])
  })

  it('shows modes as ls does', () => {
    expect(modeText(0o644)).toBe('rw-r--r--')
    expect(modeText(0o4755)).toBe('rwsr-xr-x')
    expect(modeText(0o2640)).toBe('rw-r-S---')
    expect(modeText(0o1777)).toBe('rwxrwxrwt')
  })

  it('tells an age in its largest unit', () => {
    const now = Date.UTC(2026, 10, 20)
    expect(ageInWords(now - 20_000, now)).toBe('just now')
    expect(ageInWords(now - 90 * 60_000, now)).toBe('1 hour ago')
    expect(ageInWords(now - 3 * 86_400_000, now)).toBe('3 days ago')
    expect(ageInWords(now + 3_600_000, now)).toBe('in the future')
    expect(ageInWords(NaN, now)).toBe('unknown')
  })
})

describe('the progress line', () => {
  const progress = { phase: 'reading', bytes: 50 * 2 ** 20, total: 100 * 2 ** 20, files: 7 }
  const samples = [
    { at: 0, bytes: 0 },
    { at: 5000, bytes: 30 * 2 ** 20 },
    { at: 10_000, bytes: 50 * 2 ** 20 },
  ].reduce<readonly RateSample[]>(addSample, [])

  it('tells phase, amount, rate, time left as a range, and files', () => {
    expect(progressLine(progress, 'running', samples, 10_000, 200)).toBe(
      'reading · 50.0 MiB of 100 MiB (50 %) · 5.0 MiB/s · 5–15 s left · 7 files',
    )
  })

  it('tells what has been received beyond what counts', () => {
    expect(progressLine({ ...progress, received: 2 * 2 ** 20 }, 'running', samples, 10_000, 200)).toContain(
      '50.0 MiB of 100 MiB (50 %) · 2.0 MiB more received',
    )
  })

  it('fits the width by leaving out what matters least', () => {
    for (const width of [80, 60, 40, 20]) {
      const line = progressLine(
        { ...progress, stalled: 'nas does not answer' },
        'running',
        samples,
        10_000,
        width,
      )
      expect([...line].length).toBeLessThanOrEqual(width)
      expect(line.startsWith('reading')).toBe(true)
    }
    expect(
      progressLine({ ...progress, stalled: 'nas: no answer' }, 'running', samples, 10_000, 70),
    ).toContain('waiting: nas: no answer')
  })

  it('shows an unknown total as unknown, and promises no end', () => {
    expect(progressLine({ ...progress, total: null }, 'running', samples, 10_000, 200)).not.toMatch(
      /of|left|%/,
    )
    expect(progressLine(progress, 'paused', samples, 10_000, 200)).toBe(
      'paused, reading · 50.0 MiB of 100 MiB (50 %) · 7 files',
    )
  })

  it('lets the rate fall while nothing comes in', () => {
    const rateAt = (now: number) =>
      Number(/([\d.]+) MiB\/s/.exec(progressLine(progress, 'running', samples, now, 200))?.[1])
    expect(rateAt(20_000)).toBeLessThan(rateAt(10_000))
  })
})

describe('Masker', () => {
  it('takes out every secret it has seen, the longer one first, and what looks like one', () => {
    const masker = new Masker()
    masker.learn({ password: 'hunter2', nested: { key: 'hunter2-and-more' }, short: 'ab' })
    expect(masker.mask('hunter2-and-more hunter2 ab')).toBe('••• ••• ab')
    expect(masker.mask('https://h/c?sv=1&sig=abc%3D&se=2')).toBe('https://h/c?sv=1&sig=•••&se=2')
    expect(masker.mask('AGE-SECRET-KEY-1QQQQ and password=x;y')).toBe('••• and password=•••;y')
  })
})

describe('causesOf', () => {
  it('follows the chain of causes and survives a ring', () => {
    const inner = new Error('inner')
    const outer = new Error('outer', { cause: inner })
    inner.cause = outer
    const lines = causesOf(outer).filter(line => /inner|outer/.test(line))
    expect(lines[0]).toBe('Error: outer')
    expect(lines[1]).toBe('caused by Error: inner')
  })
})

describe('stopOn', () => {
  const report = (detail: string) => ({
    checks: [{ name: 'list', ok: false, level: 'stop' as const, detail }],
    learned: {},
  })

  it('takes the code and the words from a check that begins with a code', () => {
    expect(() => stopOn(report('auth.rejected: SignatureDoesNotMatch'), 'cloud')).toThrow(
      expect.objectContaining({ code: 'auth.rejected', detail: 'SignatureDoesNotMatch', subject: 'cloud' }),
    )
    expect(() => stopOn(report('remote.no-container'), 'cloud')).toThrow(
      expect.objectContaining({ code: 'remote.no-container', detail: undefined }),
    )
    expect(() => stopOn(report('network.nonsense: x'), 'cloud')).toThrow(
      expect.objectContaining({ code: 'remote.unsupported', detail: 'list: network.nonsense: x' }),
    )
  })
})

describe('endingOfRun', () => {
  it('derives the exit code from state, problems and failure', () => {
    const failure = { code: 'data.damaged', during: 'verify', retry: 'never' } as const
    expect(endingOfRun({ state: 'succeeded', problems: 0, failure: null, outcome: null }).exit).toBe(0)
    expect(endingOfRun({ state: 'succeeded', problems: 2, failure: null, outcome: null })).toMatchObject({
      exit: 3,
      code: 'problems',
    })
    expect(endingOfRun({ state: 'failed', problems: 0, failure, outcome: null })).toMatchObject({
      exit: 4,
      code: 'data.damaged',
    })
    expect(endingOfRun({ state: 'cancelled', problems: 0, failure: null, outcome: null })).toMatchObject({
      exit: 130,
      code: 'cancelled',
    })
    const damaged = { counts: { failed: 1, damaged: 1 } }
    expect(endingOfRun({ state: 'succeeded', problems: 1, failure: null, outcome: damaged })).toMatchObject({
      exit: 4,
      code: 'data.damaged',
    })
    expect(endingOfRun({ state: 'interrupted', problems: 0, failure: null, outcome: null })).toMatchObject({
      exit: 1,
      code: 'interrupted',
    })
  })
})

describe('Interrupts', () => {
  it('asks the innermost handler first, counts what comes at once as one, and leaves on the second Ctrl-C', async () => {
    const seen: string[] = []
    const interrupts = new Interrupts(() => seen.push('left'))
    await interrupts.during(
      reason => seen.push(reason),
      async () => {
        interrupts.arrived('operator', 1000)
        interrupts.arrived('operator', 1050)
        expect(seen).toEqual(['operator'])
        interrupts.arrived('operator', 2000)
      },
    )
    expect(seen).toEqual(['operator', 'left'])
    expect(interrupts.signal.aborted).toBe(false)
  })

  it('passes a request that came before anything was under way on to what starts then', async () => {
    const seen: string[] = []
    const interrupts = new Interrupts(() => seen.push('left'))
    interrupts.arrived('operator', 1000)
    await expect(interrupts.settled()).rejects.toThrow('interrupted')
    await interrupts.during(
      reason => seen.push(reason),
      async () => {},
    )
    expect(seen).toEqual(['operator'])
  })

  it('aborts its signal when nothing else handles the first', () => {
    const interrupts = new Interrupts(() => {})
    interrupts.arrived('shutdown', 1000)
    expect(interrupts.signal.aborted).toBe(true)
  })
})
