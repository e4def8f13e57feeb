import { describe, expect, it } from 'vitest'
import { EngineError } from '../../../electron/engine/engine-error.ts'
import { systemClock } from '../../../electron/engine/ports.ts'
import { RunRegistry, startRun } from '../../../electron/engine/run/index.ts'
import type { RestoreAnswers } from '../../../electron/engine/system/director/answers.ts'
import { AnsibleReader } from '../../../electron/engine/system/director/dialog/ansible.ts'
import { SetupDialog } from '../../../electron/engine/system/director/dialog/setup-dialog.ts'
import { TerminalLog } from '../../../electron/engine/system/director/dialog/terminal-log.ts'
import type { JobEvent, JobLink, Typed } from '../../../electron/engine/system/director/job/job.ts'
import { JobConnection } from '../../../electron/engine/system/director/script/connection.ts'
import { watchScript } from '../../../electron/engine/system/director/script/script-watch.ts'
import { StateFile, firstState } from '../../../electron/engine/system/director/script/state-file.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const answers = {
  ...({ type: 'FTP', ftpType: 'ftp', host: '192.0.2.7', port: 21, user: 'backup' } as const),
  ...{ password: 'invented', dir: 'director' },
} satisfies RestoreAnswers
const questions = [
  ...['Restore Type [FTP/AZURE/S3]', 'FTP Type[ftp/sftp]', 'FTP Host', 'FTP Port', 'FTP User'],
  ...['FTP Password', 'Confirm FTP Password', 'FTP Dir'],
]

/** A fake, because no real network can be cut between the sending of an answer and the word that it went in. */
class FakeJob implements JobLink {
  readonly typed: string[] = []
  #said = 'Enter the Restore Type [FTP/AZURE/S3]: '
  readonly #cutAt: number
  #cut = false

  /** @param cutAt the question while whose answer the connection is cut; the answer does not go in */
  constructor(cutAt: number) {
    this.#cutAt = cutAt
  }

  async *follow(from: number): AsyncGenerator<JobEvent> {
    for (let at = from; this.typed.length < questions.length;) {
      const bytes = Buffer.from(this.#said.slice(at))
      if (bytes.length > 0) yield { is: 'output', at, bytes }
      at += bytes.length
      yield { is: 'quiet', ms: 300, echo: !this.#asksSecret }
      await new Promise(resolve => setImmediate(resolve))
    }
    yield { is: 'ended', exit: 0, signal: null, at: new Date().toISOString() }
  }

  type(line: string): Promise<Typed> {
    if (this.typed.length === this.#cutAt && !this.#cut) {
      this.#cut = true
      return Promise.reject(new EngineError('network.interrupted', 'test'))
    }
    const shown = this.#asksSecret ? '' : line
    this.typed.push(line)
    this.#said += `${shown}\r\nEnter the ${questions[this.typed.length] ?? ''}: `
    return Promise.resolve('sent')
  }

  get #asksSecret(): boolean {
    return questions[this.typed.length]?.includes('Password') ?? false
  }

  stop = () => Promise.resolve()
  remove = () => Promise.resolve()
  status = () => Promise.resolve({ is: 'unknown' } as const)
}

async function watch(job: FakeJob) {
  const registry = new RunRegistry(await tempFolder())
  const asked: string[] = []
  const request = { kind: 'director-restore', about: 'a test', options: {} } as const
  const started = await startRun(registry, request, async run => {
    const state = new StateFile(run.folder, firstState('a host'), () => {
      const { asking } = state.state
      if (!asking || asked.includes(asking.id)) return
      asked.push(asking.id)
      void started.answer({ question: asking.id, text: answers.password, hidden: true })
    })
    const ended = await watchScript({
      ...{ run, state, clock: systemClock, learn: () => {}, asked: new Set<string>() },
      connection: new JobConnection(job, () => {}),
      dialog: new SetupDialog(answers),
      terminal: await TerminalLog.open(run.folder, { mask: text => text }),
      ansible: new AnsibleReader(),
    })
    return { outcome: ended.exit }
  })
  return { record: await started.done, asked }
}

describe('watchScript, when the connection is cut while an answer is typed', () => {
  it('types an answer again that the terminal would have shown', async () => {
    const job = new FakeJob(2)
    const { record, asked } = await watch(job)
    expect(record).toMatchObject({ state: 'succeeded', outcome: 0 })
    expect(asked).toEqual([])
    expect(job.typed).toEqual(['FTP', 'ftp', '192.0.2.7', '21', 'backup', 'invented', 'invented', 'director'])
  })

  it('puts a secret to the operator instead of typing it twice', async () => {
    const job = new FakeJob(5)
    const { record, asked } = await watch(job)
    expect(record).toMatchObject({ state: 'succeeded', outcome: 0 })
    expect(asked).toEqual([expect.stringMatching(/^ftp\.password@/)])
    expect(job.typed).toHaveLength(questions.length)
  })
})
