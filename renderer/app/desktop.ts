import type { Bridge } from '../../shared/contract/bridge.ts'

declare global {
  interface Window {
    drydock?: Bridge
  }
}

/** The bridge to the desktop's window; null in a browser, and where there is no window at all. */
export const desktop: Bridge | null = globalThis.window?.drydock ?? null

/**
 * Saves a text where the operator says: the platform's dialog in the desktop, a download in a browser.
 * @returns where it lies, as far as the page can know; null when the operator closed the dialog
 */
export async function saveText(
  name: string,
  text: string,
  type = 'application/json',
): Promise<string | null> {
  if (desktop) return await desktop.save(name, text)
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
  return name
}
