import type { Settings } from '../../shared/contract/app.ts'

const key = 'drydock.theme'

/** Sets the theme before the first paint, from what was chosen last; the settings decide once they are there. */
export function applyTheme(theme: Settings['theme'] | null, root: HTMLElement, storage: Storage): void {
  const wanted = theme ?? storage.getItem(key) ?? 'system'
  if (wanted === 'light' || wanted === 'dark') root.dataset['theme'] = wanted
  else delete root.dataset['theme']
  if (theme !== null) storage.setItem(key, theme)
}
