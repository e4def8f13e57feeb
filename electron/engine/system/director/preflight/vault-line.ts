import type { Board } from './board.ts'
import { inTime, notTried, pass, warn } from './board.ts'
import type { DirectorPreflightDeps } from './deps.ts'

/** Whether what `setup.sh` asks for can be had when it asks. */
export async function vaultLine(
  deps: Pick<DirectorPreflightDeps, 'vaultStatus'>,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now()
  const title = 'Vault'
  try {
    const { state, tier } = await inTime(deps.vaultStatus(), signal)
    if (state !== 'open')
      return board.add(
        since,
        warn(
          'vault',
          title,
          state === 'locked' ? 'Locked.' : 'Not available here.',
          'Unlock it: what setup.sh asks for is kept there.',
        ),
      )
    if (tier === 'memory')
      return board.add(
        since,
        warn(
          'vault',
          title,
          'Open, for this session only: when Drydock ends in the middle, setup.sh’s questions have to be answered by hand.',
          'Choose a vault that lasts, in Settings.',
        ),
      )
    board.add(since, pass('vault', title, 'Open.'))
  } catch {
    board.add(since, notTried('vault', title, 'It did not answer.'))
  }
}
