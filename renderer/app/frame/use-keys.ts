import { useEffect, useRef } from 'react'
import { useStore } from 'zustand'
import { useStores } from '../app-context.tsx'
import { go } from '../navigation.ts'
import { allPages } from './pages.ts'

const regions = ['rail', 'header', 'body', 'status'] as const
const focusable = 'a[href], button:not([disabled]), input, select, textarea, summary, [tabindex="0"]'
/** How long `G` waits for its letter, ms. */
const patience = 1500

/** The keys of the whole application; `onHelp` shows their list. */
export function useKeys(onHelp: () => void): void {
  const letters = useStore(useStores().settings, ({ value }) => value?.letterKeys ?? true)
  const help = useRef(onHelp)
  const wentAt = useRef(0)
  useEffect(() => {
    help.current = onHelp
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      const inDialog = document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null
      if (event.key === 'F6') {
        if (inDialog) return
        event.preventDefault()
        return nextRegion(event.shiftKey ? -1 : 1)
      }
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        if (inDialog) return
        const primary = document.querySelector<HTMLElement>('[data-page-primary]')
        if (!primary) return
        event.preventDefault()
        return primary.click()
      }
      const target = event.target instanceof Element ? event.target : null
      const typing =
        target?.matches('input:not([type="checkbox"], [type="radio"]), textarea, select') ?? false
      if (!letters || typing || inDialog || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '/') {
        const search = document.querySelector<HTMLElement>('[data-search]')
        if (!search) return
        event.preventDefault()
        search.focus()
      } else if (event.key === '?') {
        event.preventDefault()
        help.current()
      } else if (event.key.toLowerCase() === 'g') wentAt.current = event.timeStamp
      else if (event.timeStamp - wentAt.current < patience) {
        const page = allPages.find(({ key }) => key === event.key.toLowerCase())
        wentAt.current = 0
        if (!page) return
        event.preventDefault()
        go(page.route)
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [letters])
}

function nextRegion(step: 1 | -1): void {
  const rooms = regions
    .map(name => document.querySelector<HTMLElement>(`[data-region="${name}"]`))
    .filter(room => room !== null)
  const at = rooms.findIndex(room => room.contains(document.activeElement))
  for (let tried = 1; tried <= rooms.length; tried++) {
    const room = rooms[(at + step * tried + rooms.length * 2) % rooms.length]
    if (room && enter(room)) return
  }
}

function enter(room: HTMLElement): boolean {
  const first =
    room.querySelector<HTMLElement>('[aria-current="page"]') ??
    room.querySelector<HTMLElement>('[aria-selected="true"][tabindex="0"]') ??
    [...room.querySelectorAll<HTMLElement>(focusable)].find(element => element.offsetParent !== null) ??
    room.querySelector<HTMLElement>('[data-page-title]') ??
    (room.tabIndex >= -1 && room.hasAttribute('tabindex') ? room : null)
  if (!first) return false
  first.focus()
  return document.activeElement === first
}
