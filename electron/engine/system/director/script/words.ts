import { EngineError } from '../../../engine-error.ts'
import type { ScriptDeed } from '../dialog/host-state.ts'
import { hostStateOf } from '../dialog/host-state.ts'

/** Of what is never gone on with, in the words of what the script does. */
const again = {
  restore: 'a new restore checks everything again',
  switch: 'this step of the switch-over can be tried again, which checks everything again',
} as const satisfies Record<ScriptDeed, string>

const during = { restore: 'director.restore', switch: 'switch.step' } as const satisfies Record<
  ScriptDeed,
  string
>
/** Where a run of the script failed, for the failure. */
export const duringOf = (deed: ScriptDeed): string => during[deed]

export const neverStarted = (id: string, deed: ScriptDeed): EngineError =>
  new EngineError('run.not-resumable', 'run.resume', {
    subject: id,
    detail: `setup.sh was not started, so nothing was ${deed === 'restore' ? 'erased' : 'changed'}; ${again[deed]}`,
  })

export const notAgain = (id: string, deed: ScriptDeed): EngineError =>
  new EngineError('run.not-resumable', 'run.resume', {
    subject: id,
    detail:
      deed === 'restore'
        ? 'setup.sh has ended; a new restore starts it again'
        : `setup.sh has ended; ${again.switch}`,
  })

export const lostScript = (host: string, deed: ScriptDeed): EngineError =>
  new EngineError('remote.failed', duringOf(deed), {
    subject: 'setup.sh',
    detail: `${host} went down while it ran: how it ended is not known. ${hostStateOf({ ansible: null, started: true, ended: null, lost: true, deed })}`,
  })
