import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Masker } from '../../../electron/engine/masker.ts'
import { AnsibleReader } from '../../../electron/engine/system/director/dialog/ansible.ts'
import { hostStateOf } from '../../../electron/engine/system/director/dialog/host-state.ts'
import { SetupDialog } from '../../../electron/engine/system/director/dialog/setup-dialog.ts'
import { TerminalLog } from '../../../electron/engine/system/director/dialog/terminal-log.ts'
import type { BackupPlace } from '../../support/director/backup-place.ts'
import { answersFor, uploadDirectorBackup } from '../../support/director/backup-place.ts'
import { makeDirectorBackup } from '../../support/director/director-backup.ts'
import { restoreByHand, standInForTest, withoutColours } from '../../support/director/restore-by-hand.ts'
import type { Behaviour } from '../../support/director/stand-in.ts'
import { standInAvailable } from '../../support/director/stand-in.ts'
import type { Vsftpd } from '../../support/servers/vsftpd.ts'
import { startVsftpd, vsftpdAvailable } from '../../support/servers/vsftpd.ts'
import { suiteNeeds } from '../../support/skip.ts'
import { pieces } from './dialog-chunks.ts'

const stamp = '20261118T020001'
const vsftpdHere = await vsftpdAvailable()

suiteNeeds(
  'the dialogue with a real setup.sh in a real terminal',
  vsftpdHere.ok ? await standInAvailable() : vsftpdHere,
  () => {
    let vsftpd: Vsftpd
    let place: Extract<BackupPlace, { kind: 'ftp' }>
    beforeAll(async () => {
      vsftpd = await startVsftpd()
      place = { kind: 'ftp', server: vsftpd, dir: 'director' }
      const backup = await makeDirectorBackup(`${vsftpd.home}-made`, stamp)
      await uploadDirectorBackup(place, backup, backup.files)
    })
    afterAll(() => vsftpd?.stop())

    const played = async (behave: readonly Behaviour[]) =>
      await restoreByHand(await standInForTest({ restore: { stamp }, behave }), place).ended

    /** Read to the end, in small pieces. */
    function ansibleOf(text: string): AnsibleReader {
      const reader = new AnsibleReader()
      for (const piece of pieces(text, 11, 40)) reader.feed(piece)
      reader.end()
      return reader
    }

    it('knows each question at the place where a person answered it, and none behind it', async () => {
      const answers = answersFor(place)
      if (answers.type !== 'FTP') throw new Error('vsftpd speaks FTP')
      for (const behave of [[], ['no-space', 'weird:start']] as const) {
        const { exit, text } = await played(behave)
        expect(exit).toBe(0)
        const typed: string[] = []
        const dialog = new SetupDialog(answers)
        let line = ''
        for (const char of text) {
          dialog.output(char)
          line = char === '\n' ? '' : line + char
          // The script fell silent here, and nowhere else.
          const asked = /^Enter the (?:Confirm )?([^:]*): ?$/.exec(withoutColours(line))?.[1]
          if (asked === undefined) continue
          const move = dialog.quiet(300, !asked.includes('Password'))
          expect(move.do).not.toBe('ask')
          if (move.do === 'type') typed.push(`${move.question.split('@')[0]}=${move.line}`)
        }
        expect(typed).toEqual([
          'restore-type=FTP',
          `ftp.type=${answers.ftpType}`,
          `ftp.host=${answers.host}`,
          `ftp.port=${answers.port}`,
          `ftp.user=${answers.user}`,
          `ftp.password=${answers.password}`,
          `ftp.password.confirm=${answers.password}`,
          `ftp.dir=${answers.dir}`,
        ])
        expect(dialog.quiet(60_000, true)).toEqual({ do: 'nothing' })
      }
    })

    it('counts what the recaps count, through control sequences, a huge output and an ignored failure', async () => {
      const { exit, text } = await played([
        'weird:start',
        'weird:erased',
        'huge:fetch:1',
        'ignored-failure:unpack',
      ])
      expect(exit).toBe(0)
      const { state, trouble } = ansibleOf(text)
      expect(trouble).toBeNull()
      expect(state.failed + state.unreachable).toBe(0)
      const { recap } = state
      expect(recap.map(({ host }) => host)).toEqual(['localhost', 'server1'])
      expect(state.ok).toBe(recap.reduce((sum, { ok }) => sum + ok, 0))
      expect(state.changed).toBe(recap.reduce((sum, { changed }) => sum + changed, 0))
      expect(state.ignored).toBe(1)
      expect(
        hostStateOf({ ansible: state, started: true, ended: { exit, signal: null }, lost: false }),
      ).toContain('ended well: on server1 nothing failed')
    })

    it('says what failed and how the hosts are left', async () => {
      const { exit, text } = await played(['task-fails:erased'])
      const { state, trouble } = ansibleOf(text)
      expect(trouble).toMatch(
        /^server1 failed at “wait for the service” \(task \d+\): the service did not come up in time$/,
      )
      expect(
        hostStateOf({ ansible: state, started: true, ended: { exit, signal: null }, lost: false }),
      ).toContain('replaced in part')
    })

    it('keeps the secrets out of the log though the script prints them, in colours too', async () => {
      const answers = answersFor(place)
      const { bytes } = await played(['echoes-secret:fetch', 'weird:fetch'])
      if (answers.type !== 'FTP') throw new Error('vsftpd speaks FTP')
      expect(withoutColours(bytes.toString())).toContain(answers.password)
      const folder = await mkdtemp(join(tmpdir(), 'drydock-terminal-'))
      try {
        const masker = new Masker()
        masker.learn(answers.password)
        const log = await TerminalLog.open(folder, { mask: masker.mask })
        let at = 0
        for (const piece of pieces(bytes, 3, 30)) {
          await log.write(at, piece)
          at += piece.length
        }
        await log.flush()
        const kept = await readFile(join(folder, 'terminal.log'), 'utf8')
        expect(withoutColours(kept)).not.toContain(answers.password)
        expect(kept).toContain("client login '•••'")
        expect(kept).toContain('login with ••• done')
        expect(kept).toContain('PLAY RECAP')
        // Nothing is left that acts on a terminal: title, clipboard, queries, other screens, nul, right to left.
        expect(kept.replace(/\x1b\[[\d;]*[mK]/g, '')).not.toMatch(
          /[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]/,
        )
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  },
)
