/** What came of the token in the address: `none` was there, it was taken, or it was refused. */
export type Entered = 'none' | 'entered' | 'refused' | 'no answer'

const tokenHash = /^#token=([A-Za-z0-9_-]+)$/

export const holdsToken = (hash: string): boolean => tokenHash.test(hash)

/** Hands the one-time token of the address in for a session cookie, and takes it out of the address and the history. */
export async function enterWithToken(location: Location, history: History): Promise<Entered> {
  const token = tokenHash.exec(location.hash)?.[1]
  if (token === undefined) return 'none'
  history.replaceState(null, '', `${location.pathname}#/overview`)
  try {
    const answer = await fetch('./session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
      cache: 'no-store',
    })
    return answer.ok ? 'entered' : 'refused'
  } catch {
    return 'no answer'
  }
}
