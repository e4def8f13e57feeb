import { describe, expect, it } from 'vitest'
import type { RestoreAnswers } from '../../../electron/engine/system/director/answers.ts'
import { EscapeParser, visible } from '../../../electron/engine/system/director/dialog/escape-parser.ts'
import { promptAt, prompts } from '../../../electron/engine/system/director/dialog/prompts.ts'
import { SetupDialog } from '../../../electron/engine/system/director/dialog/setup-dialog.ts'
import { pieces } from './dialog-chunks.ts'

const s3: RestoreAnswers = {
  type: 'S3',
  accessKey: 'dr-reader',
  secretKey: 's3-secret-7',
  bucket: 'dc-backup',
  url: 'https://192.0.2.20:7081',
}
const azure: RestoreAnswers = {
  type: 'AZURE',
  accountName: 'drstore',
  accountKey: 'YXp1cmUta2V5',
  container: 'director',
  blob: 'nightly',
}
const ftp: RestoreAnswers = {
  type: 'FTP',
  ftpType: 'sftp',
  host: '192.0.2.30',
  port: 2222,
  user: 'backup',
  password: 'ftp-secret-9',
  dir: '/dc',
}

/** As the documents have them, in their order: the question, what is typed, whether it is hidden. */
const dialogues: [RestoreAnswers, [string, string, boolean][]][] = [
  [
    s3,
    [
      ['Enter the Restore Type [FTP/AZURE/S3]:', 'S3', false],
      ['Enter the S3 Access Key:', 'dr-reader', true],
      ['Enter the Confirm S3 Access Key:', 'dr-reader', true],
      ['Enter the S3 Secret Key:', 's3-secret-7', true],
      ['Enter the Confirm S3 Secret Key:', 's3-secret-7', true],
      ['Enter the S3 Bucket Name:', 'dc-backup', false],
      ['Enter the S3 URL:', 'https://192.0.2.20:7081', false],
    ],
  ],
  [
    azure,
    [
      ['Enter the Restore Type [FTP/AZURE/S3]:', 'AZURE', false],
      ['Enter the AZURE Account Name:', 'drstore', false],
      ['Enter the Confirm AZURE Account Name:', 'drstore', false],
      ['Enter the AZURE Account Key:', 'YXp1cmUta2V5', true],
      ['Enter the Confirm AZURE Account Key:', 'YXp1cmUta2V5', true],
      ['Enter the AZURE Container Name:', 'director', false],
      ['Enter the AZURE Blob Name:', 'nightly', false],
    ],
  ],
  [
    ftp,
    [
      ['Enter the Restore Type [FTP/AZURE/S3]:', 'FTP', false],
      ['Enter the FTP Type[ftp/sftp]:', 'sftp', false],
      ['Enter the FTP Host:', '192.0.2.30', false],
      ['Enter the FTP Port:', '2222', false],
      ['Enter the FTP User:', 'backup', false],
      ['Enter the FTP Password:', 'ftp-secret-9', true],
      ['Enter the Confirm FTP Password:', 'ftp-secret-9', true],
      ['Enter the FTP Dir:', '/dc', false],
    ],
  ],
]

const before =
  '\r\nPLAY [servers] ****\r\n\r\nTASK [check to verify VM is available] ***\r\nok: [server1]\r\n\r\n'

/** Asks, and shows what was typed as a terminal does. */
function play(dialog: SetupDialog, [question, , hidden]: [string, string, boolean]): string {
  dialog.output(`${question} `)
  const move = dialog.quiet(250, !hidden)
  if (move.do !== 'type') throw new Error(`${question}: ${JSON.stringify(move)}`)
  expect(move.secret).toBe(hidden)
  dialog.answered(move.question)
  expect(dialog.quiet(1250, !hidden)).toEqual({ do: 'nothing' })
  dialog.output(hidden ? '\r\n' : `${move.line}\r\n`)
  return move.line
}

/** In the middle of the S3 dialogue, after `count` answers. */
function after(count: number, answers: RestoreAnswers | null = s3): SetupDialog {
  const dialog = new SetupDialog(answers)
  dialog.output(before)
  for (const line of dialogues[0]![1].slice(0, count)) {
    if (answers) play(dialog, line)
    else dialog.output(`${line[0]} ${line[2] ? '' : line[1]}\r\n`)
  }
  return dialog
}

describe('prompts', () => {
  it('are each recognised as exactly one, with colours, other case, more blanks and text before them', () => {
    for (const [, lines] of dialogues)
      for (const [question] of lines) {
        const matching = prompts.filter(({ pattern }) => pattern.test(question))
        expect(matching, question).toHaveLength(1)
        for (const variant of [
          question.toLowerCase(),
          question.replaceAll(' ', '  ').replace(':', '  :'),
          `Restoring. ${question}`,
          `Enter the S3 Access Key: ${question}`,
          visible(`\x1b[1;33m${question.replace(' the', '\x1b[0m the\x1b]0;x\x07')}`),
        ])
          expect(promptAt(variant)?.prompt.id, variant).toBe(matching[0]!.id)
      }
  })

  it('are not found in words that only look alike, nor before their colon has come', () => {
    for (const text of [
      'Enter the S3 URL',
      'Center the S3 URL:',
      'Enter the S3 URL: https://x:',
      'Enter the S3 Secret Key of your colleague:',
      'Enter the root password:',
    ])
      expect(promptAt(text), text).toBeNull()
  })
})

describe('EscapeParser', () => {
  const text =
    'a\x1b[31mred\x1b[0m\x1b]52;c;c2VjcmV0\x07b\x1b]8;;http://x\x1b\\c\x1bP$q\x1b\\d\x1b(Be\u009b1mf\x9d0;t\x9cg\r\n\x1b]0;never ended\nh\x07\u202ei\tj\bk'

  it('leaves text and line control, whatever the pieces it comes in', () => {
    expect(visible(text)).toBe('aredbcdefg\r\n\nhi\tj\bk')
    for (let seed = 1; seed <= 200; seed++) {
      const parser = new EscapeParser()
      const shown = pieces(text, seed, 5).flatMap(piece => parser.feed(piece))
      expect(shown.map(p => (p.is === 'text' ? p.text : p.is === 'control' ? p.char : '')).join('')).toBe(
        visible(text),
      )
    }
  })

  it('shows what follows a control string that never ends', () => {
    expect(visible(`\x1b]0;${'x'.repeat(5000)}seen`)).toContain('seen')
    expect(visible(`\x1b[${'1'.repeat(200)}seen`)).toContain('seen')
  })
})

describe('SetupDialog', () => {
  it.each(dialogues)('answers every question of its restore type once: %o', (answers, lines) => {
    const dialog = new SetupDialog(answers)
    dialog.output(before)
    expect(lines.map(line => play(dialog, line))).toEqual(lines.map(([, line]) => line))
  })

  it('waits until the question has stood for 200 ms', () => {
    const dialog = after(0)
    dialog.output('Enter the Restore Type [FTP/AZURE/S3]: ')
    expect(dialog.quiet(199, true).do).toBe('nothing')
    expect(dialog.quiet(200, true).do).toBe('type')
  })

  it('types nothing while the question is still coming, and nothing for one that has scrolled away', () => {
    const dialog = after(5)
    dialog.output('Enter the S3 Bucket')
    expect(dialog.quiet(1900, true).do).toBe('nothing')
    dialog.output(' Name: ')
    dialog.output('\r\n[WARNING]: it takes long\r\n')
    expect(dialog.quiet(60_000, true)).toEqual({ do: 'nothing' })
  })

  it('asks the operator when an answered question comes again, and never answers it a second time', () => {
    const dialog = after(5)
    dialog.output('The keys do not match\r\nEnter the S3 Secret Key: ')
    const move = dialog.quiet(300, false)
    expect(move).toMatchObject({ do: 'ask', question: { hidden: true, why: 'again' } })
    if (move.do !== 'ask') return
    expect(move.question.text).toContain('Enter the S3 Secret Key:')
    expect(dialog.quiet(5000, false)).toEqual(move)
    dialog.answered(move.question.id)
    expect(dialog.quiet(6000, false)).toEqual({ do: 'nothing' })
    dialog.output('\r\nEnter the S3 Secret Key: ')
    const third = dialog.quiet(300, false)
    expect(third.do).toBe('ask')
    if (third.do === 'ask') expect(third.question.id).not.toBe(move.question.id)
  })

  it('recognises the repetition when the hidden answer left no line feed behind', () => {
    const dialog = after(1)
    dialog.output('Enter the S3 Access Key: ')
    expect(dialog.quiet(300, false).do).toBe('type')
    dialog.output('Enter the Confirm S3 Access Key: ')
    expect(dialog.quiet(300, false)).toMatchObject({ do: 'type', line: 'dr-reader' })
    dialog.output('Enter the S3 Access Key: ')
    expect(dialog.quiet(300, false)).toMatchObject({ do: 'ask', question: { why: 'again' } })
  })

  it('gives a secret only within its own restore type, and only after that was asked for', () => {
    const early = after(0)
    early.output('Enter the S3 Secret Key: ')
    expect(early.quiet(300, false)).toMatchObject({
      do: 'ask',
      question: { why: 'unexpected', hidden: true },
    })

    const other = after(1)
    other.output('Enter the FTP Password: ')
    expect(other.quiet(300, false)).toMatchObject({ do: 'ask', question: { why: 'unexpected' } })

    const confirm = after(1)
    confirm.output('Enter the Confirm S3 Secret Key: ')
    expect(confirm.quiet(300, false)).toMatchObject({ do: 'ask', question: { why: 'unexpected' } })
  })

  it('keeps its S3 keys to itself when the operator has told the script another type', () => {
    const dialog = new SetupDialog(s3)
    dialog.output('Enter the Restore Type [FTP/AZURE/S3]: ftp\r\nEnter the S3 Secret Key: ')
    expect(dialog.quiet(300, false)).toMatchObject({ do: 'ask', question: { why: 'unexpected' } })
  })

  it('is not led astray by later lines that speak of the restore type', () => {
    const dialog = after(1)
    dialog.output('TASK [check restore type: FTP] ***\r\nRestore Type: FTP\r\nEnter the S3 Access Key: ')
    expect(dialog.quiet(300, false)).toMatchObject({ do: 'type', line: 'dr-reader' })
  })

  it('waits for the echo to go off before a secret, and asks with a warning when it stays on', () => {
    const dialog = after(1)
    dialog.output('Enter the S3 Access Key: ')
    expect(dialog.quiet(300, true)).toEqual({ do: 'nothing' })
    expect(dialog.quiet(1300, false)).toMatchObject({ do: 'type', secret: true })

    const shown = after(1)
    shown.output('Enter the S3 Access Key: ')
    expect(shown.quiet(1300, true)).toEqual({ do: 'nothing' })
    const move = shown.quiet(2300, true)
    expect(move).toMatchObject({ do: 'ask', question: { hidden: false, why: 'echo' } })
    if (move.do === 'ask') expect(move.question.text).toContain('the terminal would show')
  })

  it('asks the operator after the host has refused a secret because of the echo', () => {
    const dialog = after(1)
    dialog.output('Enter the S3 Access Key: ')
    const move = dialog.quiet(300, false)
    if (move.do !== 'type') throw new Error('it types')
    dialog.refused(move.question, 'echo-is-on')
    expect(dialog.quiet(2300, false)).toMatchObject({ do: 'ask', question: { hidden: false, why: 'echo' } })
  })

  it('looks again when output had moved on, and types nothing more once the script has ended', () => {
    const dialog = after(5)
    dialog.output('Enter the S3 Bucket Name: ')
    const move = dialog.quiet(300, true)
    if (move.do !== 'type') throw new Error('it types')
    dialog.refused(move.question, 'output-moved')
    expect(dialog.quiet(1300, true)).toEqual(move)
    dialog.refused(move.question, 'ended')
    expect(dialog.quiet(2300, true)).toEqual({ do: 'nothing' })
  })

  it('asks about an unknown question after 2 s, hidden when the terminal hides what is typed', () => {
    for (const [text, echo] of [
      ['Are you sure you want to continue connecting (yes/no/[fingerprint])? ', true],
      ["operator@192.0.2.11's password: ", false],
      ['Proceed [y/N]', true],
      ['Passphrase please', false],
    ] as const) {
      const dialog = after(1)
      dialog.output(text)
      expect(dialog.quiet(1999, echo)).toEqual({ do: 'nothing' })
      expect(dialog.quiet(2000, echo)).toMatchObject({
        do: 'ask',
        question: { text: text.trim(), hidden: !echo, why: 'unknown' },
      })
    }
  })

  it('sees a hidden question that ends with a line feed, and takes no ordinary line for one', () => {
    const dialog = after(1)
    dialog.output('TASK [fetch]: ***\r\nok: [server1]\r\n')
    expect(dialog.quiet(60_000, true)).toEqual({ do: 'nothing' })
    dialog.output('Downloading 45%')
    expect(dialog.quiet(60_000, true)).toEqual({ do: 'nothing' })
    dialog.output('\r\nVault password:\r\n')
    expect(dialog.quiet(60_000, true)).toEqual({ do: 'nothing' })
    expect(dialog.quiet(60_000, false)).toMatchObject({ do: 'ask', question: { hidden: true } })
  })

  it('takes a question back when the script goes on, blank output not counted', () => {
    const dialog = after(1)
    dialog.output('Proceed? ')
    const move = dialog.quiet(2000, true)
    dialog.output('\x1b[0m ')
    expect(dialog.asking).not.toBeNull()
    expect(dialog.quiet(2000, true)).toEqual(move)
    dialog.output('\r\n')
    expect(dialog.asking).toBeNull()
    expect(dialog.quiet(5000, true)).toEqual({ do: 'nothing' })
  })

  it('still answers a hidden question that was only spoken of before', () => {
    const dialog = after(1)
    dialog.output('a note: Enter the S3 Access Key: comes next\r\nEnter the S3 Access Key: ')
    expect(dialog.quiet(300, false)).toMatchObject({ do: 'type', line: 'dr-reader' })
    dialog.output('\r\nonce more: Enter the S3 Access Key: ')
    expect(dialog.quiet(300, false)).toMatchObject({ do: 'ask', question: { why: 'again' } })
  })

  it('shows of a line that was written over only what stands there now', () => {
    const dialog = after(1)
    dialog.output('copied 50%\rcopied 100%\rProceed? ')
    expect(dialog.quiet(2000, true)).toMatchObject({ do: 'ask', question: { text: 'Proceed?' } })
  })

  it('asks everything when it has no answers', () => {
    const dialog = after(0, null)
    for (const [question, typed, hidden] of dialogues[0]![1]) {
      dialog.output(`${question} `)
      const move = dialog.quiet(300, !hidden)
      expect(move).toMatchObject({ do: 'ask', question: { text: question, hidden } })
      if (move.do === 'ask') dialog.answered(move.question.id)
      dialog.output(hidden ? '\r\n' : `${typed}\r\n`)
    }
  })

  it('asks for what is empty or holds a line feed instead of typing it', () => {
    for (const bucket of ['', 'a\nrm -rf /', 'a\x03']) {
      const dialog = after(5, { ...s3, bucket })
      dialog.output('Enter the S3 Bucket Name: ')
      expect(dialog.quiet(300, true)).toMatchObject({ do: 'ask', question: { why: 'no-answer' } })
    }
  })

  it('comes to the same after a re-attachment, however the output is cut', () => {
    const lines = dialogues[0]![1]
    let said = before
    for (const [question, typed, hidden] of lines) {
      said += `\x1b[1m${question}\x1b[0m `
      const whole = new SetupDialog(s3)
      whole.output(said)
      const expected = whole.quiet(300, !hidden)
      expect(expected).toMatchObject({ do: 'type', line: typed, secret: hidden })
      for (let seed = 1; seed <= 40; seed++) {
        const dialog = new SetupDialog(s3)
        for (const piece of pieces(said, seed, seed % 2 === 0 ? 3 : 60)) dialog.output(piece)
        expect(dialog.quiet(300, !hidden)).toEqual(expected)
      }
      said += hidden ? '\r\n' : `${typed}\r\n`
    }
    const ended = new SetupDialog(s3)
    ended.output(said)
    expect(ended.quiet(60_000, true)).toEqual({ do: 'nothing' })
  })

  it('types each answer at most once, whatever a hostile script prints', () => {
    const words = [
      ...dialogues.flatMap(([, lines]) => lines.map(([question]) => `${question} `)),
      's3\r\n',
      'FTP\r\n',
      '\r\n',
      '\r',
      'ok: [server1]\r\n',
      '\x1b[2K',
      ' ',
    ]
    for (let seed = 1; seed <= 300; seed++) {
      const dialog = new SetupDialog(s3)
      const typed: string[] = []
      let state = seed
      for (let step = 0; step < 120; step++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0
        dialog.output(words[(state >>> 8) % words.length]!)
        const move = dialog.quiet((state >>> 4) % 3000, (state & 8) !== 0)
        if (move.do !== 'type') continue
        if (move.secret) expect((state & 8) === 0).toBe(true)
        typed.push(move.question.split('@')[0]!)
      }
      expect(new Set(typed).size, typed.join()).toBe(typed.length)
      expect(typed.some(id => id.startsWith('ftp') || id.startsWith('azure'))).toBe(false)
    }
  })
})
