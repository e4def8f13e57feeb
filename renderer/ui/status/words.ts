import type { Tone } from '../base/tone.ts'
import type { MarkShape } from './status-mark.tsx'

type Family = { tone: Tone; shape: MarkShape }
const good = (shape: MarkShape = 'ok'): Family => ({ tone: 'ok', shape })
const look = (shape: MarkShape = 'warn'): Family => ({ tone: 'warn', shape })
const stop = (): Family => ({ tone: 'bad', shape: 'bad' })
const live = (shape: MarkShape = 'run'): Family => ({ tone: 'run', shape })
const rest = (shape: MarkShape): Family => ({ tone: 'idle', shape })

/** Every status word with its shape and colour: a word never appears in another family. */
export const statusWords = {
  Ready: good(),
  Verified: good('verified'),
  Restored: good(),
  Done: good(),
  Passed: good(),
  Open: good('verified'),
  GO: good(),

  'At risk': look(),
  'Should have run': look(),
  Stalled: look(),
  'Asks you': look(),
  Interrupted: look(),
  'Done with problems': look(),
  'Restored with problems': look(),
  'GO WITH WARNINGS': look(),
  Incomplete: look(),
  'In the trash': look('limit'),
  Limit: look('limit'),

  'Cannot recover': stop(),
  Damaged: stop(),
  Failed: stop(),
  Blocked: stop(),
  'No answer': stop(),
  'NO-GO': stop(),

  Running: live(),
  Cancelling: live(),
  Asking: live(),
  Paused: live('paused'),

  Created: rest('created'),
  Scheduled: rest('scheduled'),
  Stopped: rest('stopped'),
  Unverified: rest('open'),
  Unchecked: rest('open'),
  'Not tried': rest('open'),
  'Not proven': rest('open'),
  'Not tested': rest('open'),
  Locked: rest('locked'),
  Skipped: rest('skipped'),
  Cancelled: rest('cancelled'),
  'Not connected': rest('away'),
  Off: rest('off'),
  None: rest('none'),
} satisfies Record<string, Family>

export type StatusWord = keyof typeof statusWords

/** Whether something goes on now, so that its mark turns. */
export const isTurning = (word: StatusWord) => statusWords[word].shape === 'run'
