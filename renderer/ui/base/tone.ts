/** Good, look, stop, live, rest: the five families of a status. */
export type Tone = 'ok' | 'warn' | 'bad' | 'run' | 'idle'

const order: readonly Tone[] = ['idle', 'ok', 'run', 'warn', 'bad']

/** The tone a verdict takes over its rows. */
export function worstTone(tones: Iterable<Tone>): Tone {
  let worst: Tone = 'idle'
  for (const tone of tones) if (order.indexOf(tone) > order.indexOf(worst)) worst = tone
  return worst
}
