import { type KeyboardEvent, useRef } from 'react'
import { cx } from '../base/cx.ts'
import css from './tabs.module.css'

export type TabsProps<V extends string> = {
  label: string
  value: V
  onChange: (value: V) => void
  tabs: readonly { value: V; text: string; count?: number }[]
  /** Beside a heading, without a rule. */
  inline?: boolean
}

/** Views of one thing; what they show stands below. Arrows change the view. */
export function Tabs<V extends string>({ label, value, onChange, tabs, inline = false }: TabsProps<V>) {
  const room = useRef<HTMLDivElement>(null)
  const current = tabs.findIndex(tab => tab.value === value)
  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = tabs[(current + step + tabs.length) % tabs.length]
    if (step === 0 || !next) return
    event.preventDefault()
    onChange(next.value)
    requestAnimationFrame(() => room.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus())
  }
  return (
    <div
      ref={room}
      role="tablist"
      aria-label={label}
      className={cx(css.tabs, inline && css.inline)}
      onKeyDown={onKeyDown}
    >
      {tabs.map(tab => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          className={css.tab}
          aria-selected={tab.value === value}
          tabIndex={tab.value === value ? 0 : -1}
          onClick={() => onChange(tab.value)}
        >
          {tab.text}
          {tab.count !== undefined && ` ${tab.count}`}
        </button>
      ))}
    </div>
  )
}
