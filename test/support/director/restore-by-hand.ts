import { onTestFinished } from 'vitest'
import type { BackupPlace } from './backup-place.ts'
import { answersFor } from './backup-place.ts'
import { repliesFor } from './replies.ts'
import type { PtyRun, Reply } from './run-in-pty.ts'
import { runInPty } from './run-in-pty.ts'
import type { StandIn, StandInOptions } from './stand-in.ts'
import { makeStandIn } from './stand-in.ts'

/** A stand-in that is removed when the test that asked for it has finished. */
export async function standInForTest(options: StandInOptions): Promise<StandIn> {
  const made = await makeStandIn(options)
  onTestFinished(() => made.remove())
  return made
}

/** Runs `setup.sh` in a terminal as a person would who answers for this place; killed at the end of the test. */
export function restoreByHand(
  made: StandIn,
  place: Exclude<BackupPlace, { kind: 'local' }>,
  options: { words?: string[]; replies?: Reply[] } = {},
): PtyRun {
  const run = runInPty(['./setup.sh', ...(options.words ?? ['standalone', 'restore'])], {
    cwd: made.folder,
    replies: options.replies ?? repliesFor(answersFor(place)),
  })
  onTestFinished(() => run.kill())
  return run
}

/** What a terminal showed, without the colours. */
export function withoutColours(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '')
}

/** The recap lines about a host, in their order. */
export function recapOf(text: string, host: string): string[] {
  return withoutColours(text)
    .split('\r\n')
    .filter(line => line.startsWith(host) && line.includes(' : ok='))
}
