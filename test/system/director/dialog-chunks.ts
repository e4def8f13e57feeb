/** Numbers from 0 up to 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed * 2654435761 + 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** `whole` in pieces, cut anywhere, of one up to `most` characters or bytes. */
export function pieces<T extends { length: number; slice(from: number, to: number): T }>(
  whole: T,
  seed: number,
  most: number,
): T[] {
  const next = random(seed)
  const cut: T[] = []
  for (let at = 0; at < whole.length;) {
    const end = at + 1 + Math.floor(next() * most)
    cut.push(whole.slice(at, end))
    at = end
  }
  return cut
}
