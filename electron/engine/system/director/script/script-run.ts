import type { RunDeps } from '../../../run/index.ts'

/** Ctrl-C, the script's own end, and what it started: it gets longer than other runs, ms. */
const cleanupMs = 10 * 60_000

/** How a run that drives `setup.sh` differs from others. @param noPause why it cannot be paused, in words */
export const scriptRun = (noPause: string): Partial<RunDeps> => ({ noPause, cleanupMs, outlives: true })
