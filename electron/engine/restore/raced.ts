/** What does not heed a signal (a mount that hangs) is left behind when it fires. */
export async function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {})
  let stopWaiting = () => {}
  try {
    return await new Promise<T>((resolve, reject) => {
      stopWaiting = () => reject(signal.reason as Error)
      if (signal.aborted) return stopWaiting()
      signal.addEventListener('abort', stopWaiting, { once: true })
      work.then(resolve, reject)
    })
  } finally {
    signal.removeEventListener('abort', stopWaiting)
  }
}
