import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BackupPlace } from '../../support/director/backup-place.ts'
import { answersFor, uploadDirectorBackup } from '../../support/director/backup-place.ts'
import { makeDirectorBackup } from '../../support/director/director-backup.ts'
import { repliesFor } from '../../support/director/replies.ts'
import {
  recapOf,
  restoreByHand,
  standInForTest,
  withoutColours,
} from '../../support/director/restore-by-hand.ts'
import type { Reply } from '../../support/director/run-in-pty.ts'
import type { StandInOptions } from '../../support/director/stand-in.ts'
import { standInAvailable } from '../../support/director/stand-in.ts'
import type { Vsftpd } from '../../support/servers/vsftpd.ts'
import { startVsftpd, vsftpdAvailable } from '../../support/servers/vsftpd.ts'
import { suiteNeeds } from '../../support/skip.ts'

const stamp = '20261118T020001'
const vsftpdHere = await vsftpdAvailable()

suiteNeeds(
  'the stand-in deployment of a Director when it is told to behave badly',
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

    const standIn = (options: StandInOptions = {}) => standInForTest({ restore: { stamp }, ...options })
    const replies = (): Reply[] => repliesFor(answersFor(place))

    it('finds a host unreachable and ends with 4', async () => {
      const made = await standIn({ mode: 'cluster', behave: ['unreachable:server2'] })
      const { exit, text } = await restoreByHand(made, place, { words: ['restore'] }).ended
      expect(text).toContain('fatal: [server2]: UNREACHABLE! => ')
      expect(recapOf(text, 'server2')[0]).toMatch(/ok=1 +changed=0 +unreachable=1 +failed=0 /)
      expect(exit).toBe(4)
      expect(await made.changes()).toEqual([])
    })

    it('goes on after a failure that is ignored', async () => {
      const made = await standIn({ behave: ['ignored-failure:unpack'] })
      const { exit, text } = await restoreByHand(made, place).ended
      expect(withoutColours(text)).toContain(
        'FAILED! => {"changed": false, "msg": "no such image"}\r\n...ignoring',
      )
      expect(recapOf(text, 'server1')[0]).toMatch(/failed=0 .*ignored=1/)
      expect(exit).toBe(0)
    })

    it('refuses a right answer once', async () => {
      const made = await standIn({ behave: ['asks-again:ftp-port'] })
      const all = replies()
      const at = all.findIndex(({ when }) => when.source.includes('Port'))
      all.splice(at, 0, ...all.slice(at, at + 1))
      const { exit, text } = await restoreByHand(made, place, { replies: all }).ended
      expect(text.match(/Enter the FTP Port:/g)).toHaveLength(2)
      expect(exit).toBe(0)
    })

    it('asks in two pieces, without a blank, and shows what should be hidden', async () => {
      const made = await standIn({ behave: ['splits-prompts', 'no-space', 'shows-secret'] })
      const shown = replies().map(reply => ({ ...reply, hidden: false }))
      const { exit, text } = await restoreByHand(made, place, { replies: shown }).ended
      expect(exit).toBe(0)
      expect(text).toContain(`Enter the FTP Password:${place.server.password}\r\n`)
    })

    it('dies of a signal', async () => {
      const made = await standIn({ behave: ['dies:unpack'] })
      expect((await restoreByHand(made, place).ended).exit).toBe(128 + 9)
      expect(await made.calls()).toMatchObject([{ exit: null }])
    })

    it('says odd bytes as they are', async () => {
      const made = await standIn({ behave: ['weird:fetch'] })
      const { exit, bytes } = await restoreByHand(made, place).ended
      for (const odd of ['\x1b]52;c;', '\x1b[6n', '\xff\xfe\xc3(', '\x00 nul', '\rcopied 50%\r']) {
        expect(bytes.includes(Buffer.from(odd, 'latin1')), JSON.stringify(odd)).toBe(true)
      }
      expect(exit).toBe(0)
    })

    it('prints a secret, plain and with a colour in the middle', async () => {
      const made = await standIn({ behave: ['echoes-secret:fetch'] })
      const { text } = await restoreByHand(made, place).ended
      const { password } = place.server
      expect(text).toContain(`'${password}'`)
      expect(text).toContain(`${password.slice(0, 4)}\x1b[0;31m${password.slice(4)}\x1b[0m`)
    })

    it('shows a question that it does not ask', async () => {
      const made = await standIn({ behave: ['mimics-prompt:start'] })
      const { exit, text } = await restoreByHand(made, place).ended
      expect(text).toContain('Enter the S3 Secret Key: \r\n')
      expect(exit).toBe(0)
    })

    it('prints no colour and no recap of the first play', async () => {
      const made = await standIn({ behave: ['no-colour', 'one-recap'] })
      const { exit, text } = await restoreByHand(made, place).ended
      expect(text).not.toContain('\x1b')
      expect(text.match(/PLAY RECAP/g)).toHaveLength(1)
      expect(recapOf(text, 'localhost')[0]).toMatch(/ok=6 +changed=2 /)
      expect(exit).toBe(0)
    })
  },
)
