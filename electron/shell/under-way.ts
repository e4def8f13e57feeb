import type { RunSnapshot } from '../../shared/contract/run.ts'

/** What the shell must know of runs: which go on in this process. Fed with `run.changed`. */
export class UnderWay {
  private readonly runs = new Map<string, RunSnapshot>()

  /** @returns whether the set of runs that go on here has changed */
  note(run: RunSnapshot): boolean {
    const before = this.runs.size
    const goesOn =
      run.here && (run.state === 'running' || run.state === 'paused' || run.state === 'cancelling')
    if (goesOn) this.runs.set(run.id, run)
    else this.runs.delete(run.id)
    return this.runs.size !== before
  }

  get list(): readonly RunSnapshot[] {
    return [...this.runs.values()]
  }

  /** A paused run holds nothing up: the machine may sleep. */
  get wantsAwake(): boolean {
    return this.list.some(run => run.state !== 'paused')
  }
}

export type ClosingQuestion = {
  message: string
  detail: string
  /** The first has the focus, and Escape means it. */
  buttons: readonly ['Go on in the background', 'Stop and quit', 'Keep the window']
}

/** What is asked when the window closes; null when nothing goes on. */
export function closingQuestion(runs: readonly RunSnapshot[]): ClosingQuestion | null {
  if (runs.length === 0) return null
  const names = runs.map(run => `${run.kind}: ${run.about}`)
  return {
    message:
      runs.length === 1
        ? 'A run is still going. What should become of it?'
        : `${runs.length} runs are still going. What should become of them?`,
    detail: `${names.slice(0, 5).join('\n')}${names.length > 5 ? `\nand ${names.length - 5} more` : ''}\n\nWhat is stopped can be resumed later; nothing confirmed is lost.`,
    buttons: ['Go on in the background', 'Stop and quit', 'Keep the window'],
  }
}
