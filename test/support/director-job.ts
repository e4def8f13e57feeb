import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Host } from '../../electron/engine/system/director/host/host.ts'
import type { JobEvent, JobLink, JobSpec } from '../../electron/engine/system/director/job/job.ts'
import { startJob } from '../../electron/engine/system/director/job/start-job.ts'
import { until } from './director-host.ts'
import type { Ensured } from './servers/debian.ts'
import { tempFolder } from './temp-folder.ts'

/** For the name of a suite: why it is skipped; empty when nothing is missing. */
export function reason(...all: Ensured[]): string {
  const missing = all.find(one => !one.ok)
  return missing && !missing.ok ? ` (skipped: ${missing.why})` : ''
}

let ids = 0
export const never = new AbortController().signal

/** A deployment folder whose `setup.sh` is the given script. */
export async function deployment(script: string, first = '#!/bin/bash'): Promise<string> {
  const folder = await tempFolder('drydock-deployment-')
  await writeFile(join(folder, 'setup.sh'), `${first}\n${script}\n`, { mode: 0o755 })
  return folder
}

export const specOf = (folder: string, change: Partial<JobSpec> = {}): JobSpec => ({
  id: `job-${process.pid}-${(ids += 1)}`,
  folder,
  argv: ['./setup.sh', 'standalone', 'restore'],
  who: 'm.keller@laptop-7',
  columns: 120,
  rows: 40,
  ...change,
})

/** Starts a job that is killed with the test, if it still runs then. */
export async function begin(host: Host, spec: JobSpec): Promise<JobLink> {
  const link = await startJob(host, spec)
  onTestFinished(async () => {
    if ((await link.status()).is === 'running') await link.stop('kill')
    await until(async () => (await link.status()).is !== 'running')
  })
  return link
}

/** Follows a job and answers as a person at the terminal would. */
export class Terminal {
  readonly link: JobLink
  readonly events: JobEvent[] = []
  next: number
  text = ''
  readonly #events: AsyncGenerator<JobEvent>

  constructor(link: JobLink, from = 0) {
    this.link = link
    this.next = from
    this.#events = link.follow(from, never)
    onTestFinished(() => void this.#events.return(undefined).catch(() => {}))
  }

  async step(): Promise<JobEvent> {
    const { value, done } = await this.#events.next()
    if (done) throw new Error('it ended without an end')
    this.events.push(value)
    if (value.is === 'output') {
      expect(value.at).toBe(this.next)
      this.next += value.bytes.length
      this.text += Buffer.from(value.bytes).toString('utf8')
    }
    return value
  }

  async quietAfter(words: string): Promise<JobEvent & { is: 'quiet' }> {
    for (;;) {
      const event = await this.step()
      if (event.is === 'ended') throw new Error(`it ended: ${this.text}`)
      if (event.is === 'quiet' && this.text.endsWith(words)) return event
    }
  }

  async end(): Promise<JobEvent & { is: 'ended' }> {
    for (;;) {
      const event = await this.step()
      if (event.is === 'ended') return event
    }
  }
}
