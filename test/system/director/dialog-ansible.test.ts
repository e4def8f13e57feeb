import { describe, expect, it } from 'vitest'
import { AnsibleReader } from '../../../electron/engine/system/director/dialog/ansible.ts'
import { hostStateOf } from '../../../electron/engine/system/director/dialog/host-state.ts'
import { pieces, random } from './dialog-chunks.ts'

const stars = '*'.repeat(60)
const recapLine = (host: string, counts: Record<string, number>) =>
  `\x1b[0;33m${host}\x1b[0m${' '.repeat(10)} : ${['ok', 'changed', 'unreachable', 'failed', 'skipped', 'rescued', 'ignored'].map(key => `\x1b[0;32m${key}=${String(counts[key] ?? 0).padEnd(4)}\x1b[0m`).join(' ')}\r\n`

const output = [
  `\r\nPLAY [localhost] ${stars}\r\n`,
  `\r\nTASK [Gathering Facts] ${stars}\r\n\x1b[0;32mok: [localhost]\x1b[0m\r\n`,
  `\r\nPLAY RECAP ${stars}\r\n${recapLine('localhost', { ok: 1 })}\r\n`,
  'Enter the Restore Type [FTP/AZURE/S3]: S3\r\n',
  'copying 1%\rcopying 100%\r\n',
  `\r\nPLAY [servers] ${stars}\r\n`,
  `\r\nTASK [check to verify VM is available] ${stars}\r\n\x1b[0;32mok: [server1]\x1b[0m\r\nok: [server2]\r\nok: [server3 -> localhost(127.0.0.1)]\r\n`,
  `\r\nTASK [mongo : stop] ${stars}\r\nchanged: [server2]\r\nok: [server1]\r\nskipping: [server3]\r\n`,
  `\r\nTASK [load images] ${stars}\r\nok: [server1] => (item=a)\r\nchanged: [server2] => (item=a)\r\nchanged: [server1] => (item=b)\r\nchanged: [server2] => (item=b)\r\n`,
  `included: /opt/setup/tasks/elk.yml for server1, server2\r\n`,
  `\r\nTASK [remove old\nimages] ${stars}\r\nfatal: [server1]: FAILED! => {"changed": false, "msg": "no such image"}\r\n\x1b[0;36m...ignoring\x1b[0m\r\nok: [server2]\r\n`,
  `\r\nTASK [wait] ${stars}\r\nFAILED - RETRYING: [server3]: wait (3 retries left).\r\n`,
  `fatal: [server3]: UNREACHABLE! => {"changed": false, "msg": "Failed to connect to the host via ssh", "unreachable": true}\r\nok: [server1]\r\n`,
  `\r\nRUNNING HANDLER [restart] ${stars}\r\nfatal: [server2]: FAILED! => {\r\n    "changed": true,\r\n    "cmd": "mongorestore --password hunter2-hunter2",\r\n    "msg": "non-zero return code",\r\n    "rc": 1,\r\n    "stderr": "cannot read: hunter2-hunter2\\nmore"\r\n}\r\nchanged: [server1]\r\n`,
  `\r\nNO MORE HOSTS LEFT ${stars}\r\n\r\nPLAY RECAP ${stars}\r\n`,
  recapLine('server1', { ok: 7, changed: 2, ignored: 1 }),
  recapLine('server2', { ok: 5, changed: 2, failed: 1 }),
  recapLine('server3', { ok: 1, unreachable: 1, skipped: 1 }),
  '  server9 : ok=1 changed=0 unreachable=0 failed=9\r\n',
].join('')
const mask = (text: string) => text.replaceAll('hunter2-hunter2', '•••')

function read(parts: readonly string[], check?: (reader: AnsibleReader) => void): AnsibleReader {
  const reader = new AnsibleReader(mask)
  for (const part of parts) {
    reader.feed(part)
    check?.(reader)
  }
  reader.end()
  return reader
}

describe('AnsibleReader', () => {
  it('tells plays, tasks, counts per host and the recap of a run with everything in it', () => {
    const { state } = read([output])
    expect(state).toMatchObject({
      play: 'servers',
      task: 'restart',
      tasks: 7,
      ok: 14,
      changed: 4,
      unreachable: 1,
      failed: 1,
      ignored: 1,
      busy: false,
      hosts: ['localhost', 'server1', 'server2', 'server3'],
    })
    expect(state.recap).toEqual([
      { host: 'localhost', ok: 1, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0 },
      { host: 'server1', ok: 7, changed: 2, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 1 },
      { host: 'server2', ok: 5, changed: 2, unreachable: 0, failed: 1, skipped: 0, rescued: 0, ignored: 0 },
      { host: 'server3', ok: 1, changed: 0, unreachable: 1, failed: 0, skipped: 1, rescued: 0, ignored: 0 },
    ])
  })

  it('comes to the same however the output is cut, and no counter ever falls on the way', () => {
    const whole = read([output])
    for (let seed = 1; seed <= 120; seed++) {
      let before = { tasks: 0, ok: 0, changed: 0, unreachable: 0, failed: 0, ignored: 0 }
      const reader = read(pieces(output, seed, seed % 2 === 0 ? 4 : 200), ({ state }) => {
        for (const key of Object.keys(before) as (keyof typeof before)[])
          expect(state[key]).toBeGreaterThanOrEqual(before[key])
        const { tasks, ok, changed, unreachable, failed, ignored } = state
        before = { tasks, ok, changed, unreachable, failed, ignored }
      })
      expect(reader.state).toEqual(whole.state)
      expect(reader.trouble).toBe(whole.trouble)
    }
  })

  it('counts as the recap does, whatever a play is made of', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = random(seed)
      const hosts = ['a', 'b', 'c'].map(host => ({
        host,
        ok: 0,
        changed: 0,
        failed: 0,
        skipped: 0,
        ignored: 0,
        unreachable: 0,
        gone: false,
      }))
      let text = `PLAY [x] ***\n`
      for (let task = 0; task < 12; task++) {
        text += `\nTASK [t${task}] ****\n`
        for (const one of hosts) {
          if (one.gone) continue
          const dice = next()
          if (dice < 0.4) {
            one.ok++
            text += `ok: [${one.host}]\n`
          } else if (dice < 0.7) {
            one.ok++
            one.changed++
            text += `changed: [${one.host}] => (item=1)\nok: [${one.host}] => (item=2)\n`
          } else if (dice < 0.8) {
            one.skipped++
            text += `skipping: [${one.host}]\n`
          } else if (dice < 0.95) {
            one.ok++
            one.ignored++
            text += `fatal: [${one.host}]: FAILED! => {\n    "msg": "x"\n}\n...ignoring\n`
          } else if (dice < 0.98) {
            one.failed++
            one.gone = true
            text += `failed: [${one.host}] (item=1) => {"msg": "y"}\nfailed: [${one.host}] (item=2) => {"msg": "z"}\n`
          } else {
            one.unreachable++
            one.gone = true
            text += `fatal: [${one.host}]: UNREACHABLE! => {"msg": "y"}\n`
          }
        }
      }
      const { state } = read(pieces(text, seed, 50))
      const sum = (key: 'ok' | 'changed' | 'failed' | 'ignored' | 'unreachable') =>
        hosts.reduce((all, one) => all + one[key], 0)
      expect(state).toMatchObject({
        tasks: 12,
        ok: sum('ok'),
        changed: sum('changed'),
        failed: sum('failed'),
        ignored: sum('ignored'),
        unreachable: sum('unreachable'),
      })
    }
  })

  it('names who failed first, at which task and why, in one bounded line without secrets', () => {
    expect(read([output]).trouble).toBe(
      'server3 could not be reached at “wait” (task 6): Failed to connect to the host via ssh',
    )
    const second = output.replace(/fatal: \[server3\].*\r\n/, '')
    expect(read([second.replace('unreachable=1', 'unreachable=0')]).trouble).toBe(
      'server2 failed at “restart” (task 7): non-zero return code: cannot read: •••',
    )
    const long = `TASK [t] ***\nfatal: [h]: FAILED! => {"msg": "${'x'.repeat(295)}hunter2-hunter2 ${'y'.repeat(100_000)}"}\n`
    const { trouble } = read(pieces(long, 1, 3000))
    expect(trouble!.length).toBeLessThan(400)
    expect(trouble).not.toContain('hunter')
  })

  it.each([
    ['{"msg": {"a": 1}}', '{"a":1}'],
    ['{"msg": "", "stderr": "", "stdout": "first\\nsecond"}', 'first'],
    [
      '{"msg": "MODULE FAILURE\\nSee stdout/stderr", "module_stderr": "bash: python: not found"}',
      'MODULE FAILURE See stdout/stderr: bash: python: not found',
    ],
    ['{"msg": "cut off \\"here\\"', 'cut off "here"'],
    ['{"changed": true}', ''],
    ['\n  msg: of the other style\n  rc: 1', 'of the other style'],
    ['\n  msg: |-\n    in a block\n    of two lines', 'in a block'],
  ])('finds the reason in %j', (printed, reason) => {
    const { failure } = read([`TASK [t] ***\nfatal: [h]: FAILED! => ${printed}\n`]).state
    expect(failure?.message).toBe(reason)
  })

  it('does not blame a failure that was rescued, once the recap has told so', () => {
    const text = `PLAY [x] ***\nTASK [try] ***\nfatal: [a]: FAILED! => {"msg": "first"}\n\nTASK [rescue] ***\nok: [a]\n\nTASK [late] ***\nok: [a]\nfatal: [b]: FAILED! => {"msg": "second"}\n\nPLAY RECAP ***\na : ok=2 changed=0 unreachable=0 failed=0 skipped=0 rescued=1 ignored=0\nb : ok=0 changed=0 unreachable=0 failed=1 skipped=0 rescued=0 ignored=0\n`
    expect(read([text]).trouble).toBe('b failed at “late” (task 3): second')
  })

  it('takes back no failure, but waits with one of a loop until it is clear that it is not ignored', () => {
    const reader = read([
      'PLAY [x] ***\nTASK [loop] ***\nfailed: [a] (item=1) => {"msg": "x"}\nok: [b] => (item=1)\n',
      'failed: [a] (item=2) => {"msg": "y"}\n...ignoring\n\nTASK [next] ***\nok: [a]\n',
    ])
    expect(reader.state).toMatchObject({ ok: 3, failed: 0, ignored: 1, failure: null })
  })

  it('takes columns of another program for no recap', () => {
    const { state } = read(['TASK [status] ***\nok: [a]\nnginx : ok=3 changed=1 failed=2\n'])
    expect(state).toMatchObject({ recap: [], ok: 1, failed: 0, hosts: ['a'] })
  })

  it('tells of an error before any task', () => {
    expect(read(['ERROR! the playbook: site.yml could not be found\n']).trouble).toBe(
      'Ansible failed: the playbook: site.yml could not be found',
    )
    expect(read(['[ERROR]: YAML parsing failed\n']).trouble).toBe('Ansible failed: YAML parsing failed')
  })

  it('adds up the recaps of several books, and takes over what no line told', () => {
    const line = 'a : ok=5 changed=2 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0\n'
    const { state } = read([
      `PLAY [x] ***\nTASK [t] ***\nok: [a]\nPLAY RECAP ***\n${line}\nPLAY [y] ***\nTASK [u] ***\nok: [a]\nPLAY RECAP ***\n${line}`,
    ])
    expect(state).toMatchObject({ ok: 10, changed: 4, tasks: 2, recap: [{ host: 'a', ok: 10, changed: 4 }] })
  })

  it('is not shaken by hostile output: endless lines, thousands of hosts, nested brackets', () => {
    const started = performance.now()
    const reader = read([
      `PLAY []${' '.repeat(60_000)}x\n`,
      `TASK [${']'.repeat(60_000)}\n`,
      `fatal: [h]: FAILED! => {"msg": "${'\\\\'.repeat(60_000)}\n`,
      `${'x'.repeat(5_000_000)}\nok: [${'h'.repeat(100_000)}]\n`,
      Array.from({ length: 5000 }, (_, n) => `ok: [host${n}]\n`).join(''),
      `${'a'.repeat(60_000)} : ok=1\n`,
      `included: ${'x for '.repeat(20_000)}\n`,
    ])
    expect(reader.state.hosts.length).toBeLessThanOrEqual(512)
    expect(Math.max(...reader.state.hosts.map(host => host.length))).toBeLessThanOrEqual(200)
    // Not a measure of speed: what is quadratic here takes minutes.
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

describe('hostStateOf', () => {
  const seen = (text: string) => read([text]).state
  const running = { started: true, ended: null, lost: false }

  it('says that nothing has been changed before the script is started, and before any change is told', () => {
    expect(hostStateOf({ ansible: null, started: false, ended: null, lost: false })).toBe(
      'Nothing has been changed on any host.',
    )
    expect(hostStateOf({ ansible: null, ...running })).toContain('no task has begun')
    expect(hostStateOf({ ansible: seen('PLAY [x] ***\nTASK [t] ***\nok: [a]\n'), ...running })).toContain(
      'No task has reported a change yet',
    )
  })

  it('warns in the middle, and says where', () => {
    const words = hostStateOf({
      ansible: seen('PLAY [x] ***\nTASK [restore mongo] ***\nchanged: [server1]\n'),
      ...running,
    })
    expect(words).toContain('in the middle of task 1, “restore mongo”, with 1 thing changed on server1')
    expect(words).toContain('may be stopped')
    expect(
      hostStateOf({ ansible: seen('TASK [t] ***\nchanged: [a]\n'), ...running, link: 'lost' }),
    ).toContain('setup.sh runs on')
  })

  it('counts what is done where the script runs as no change of a host, and says which hosts changed', () => {
    const bad = { started: true, ended: { exit: 2, signal: null }, lost: false }
    const here = 'TASK [fetch] ***\nchanged: [localhost]\nfatal: [127.0.0.1]: FAILED! => {}\n'
    const words = hostStateOf({ ansible: seen(`${here}TASK [stop] ***\nok: [a]\nok: [b]\n`), ...bad })
    expect(words).toContain('before any task reported a change on a and b: the hosts are as they were')
    expect(words).not.toContain('may be stopped')
    expect(words).toContain('Only the deployment host was changed.')
    const live = hostStateOf({ ansible: seen(`${here}TASK [stop] ***\nok: [a]\nok: [b]\n`), ...running })
    expect(live).toContain('nothing changed on a and b so far')
    expect(live).toContain('Only the deployment host was changed so far; the task that runs may have begun')
    expect(live).not.toContain('No task has reported a change')
    const then = `${here}TASK [stop] ***\nok: [a]\nchanged: [b]\n`
    expect(hostStateOf({ ansible: seen(then), ...bad })).toMatch(
      /1 thing changed on b so far.*may be stopped/,
    )
    // The Director itself may be the machine that the script runs on.
    expect(hostStateOf({ ansible: seen(here), ...bad })).toMatch(
      /1 thing changed on localhost so far.*If the Director is on the machine where setup.sh runs: .*may be stopped/,
    )
  })

  it('tells a good end from one that only looks good', () => {
    const line = (host: string, failed: number) =>
      `${host} : ok=5 changed=2 unreachable=0 failed=${failed} skipped=0 rescued=0 ignored=0\n`
    const ended = { started: true, ended: { exit: 0, signal: null }, lost: false }
    expect(
      hostStateOf({ ansible: seen(`PLAY RECAP ***\n${line('a', 0)}${line('b', 0)}`), ...ended }),
    ).toContain('ended well: on a and b nothing failed')
    expect(
      hostStateOf({ ansible: seen(`PLAY RECAP ***\n${line('a', 0)}${line('b', 1)}`), ...ended }),
    ).toContain('yet tasks failed on b')
    expect(hostStateOf({ ansible: null, ...ended })).toContain('look at the Director')
  })

  it('tells after a failure whether anything was changed, who was not reached, and what to do', () => {
    const bad = { started: true, ended: { exit: 4, signal: null }, lost: false }
    const away = `PLAY [x] ***\nTASK [t] ***\nfatal: [b]: UNREACHABLE! => {"msg": "x"}\nPLAY RECAP ***\nb : ok=0 changed=0 unreachable=1 failed=0 skipped=0 rescued=0 ignored=0\n`
    expect(hostStateOf({ ansible: seen(away), ...bad })).toMatch(
      /ended with 4 before any task reported a change.* b could not be reached.*start the restore again/,
    )
    const words = hostStateOf({
      ansible: seen('TASK [t] ***\nchanged: [a]\nTASK [u] ***\nfatal: [a]: FAILED! => {}\n'),
      started: true,
      ended: { exit: null, signal: 'SIGKILL' },
      lost: false,
    })
    expect(words).toContain('was ended by SIGKILL')
    expect(words).toContain('replaced in part')
    expect(hostStateOf({ ansible: null, started: true, ended: null, lost: true })).toContain('Nobody knows')
  })
})
