import { useStore } from 'zustand'
import { Dialog, Facts } from '../../ui/index.ts'
import { useStores } from '../app-context.tsx'
import { allPages } from './pages.ts'
import css from './key-list.module.css'

/** What every key does. */
export function KeyList({ open, onClose }: { open: boolean; onClose: () => void }) {
  const letters = useStore(useStores().settings, ({ value }) => value?.letterKeys ?? true)
  return (
    <Dialog open={open} title="Keys" escape="closes" onClose={onClose}>
      <div className={css.columns}>
        <section>
          <h3 className={css.title}>Everywhere</h3>
          <Facts
            tight
            names="7.5rem"
            facts={[
              ['F6', 'To the next part: pages, header, body, status bar'],
              ['Ctrl + Enter', 'The primary action of the page; never a red one'],
              ['Arrows', 'Move in lists, trees and tables'],
              ['Space', 'Select'],
              ['Enter', 'Open'],
              ['Escape', 'Close, or empty a search'],
              ['/', 'Search'],
              ['?', 'This list'],
            ]}
          />
        </section>
        <section>
          <h3 className={css.title}>G, then a letter</h3>
          <Facts
            tight
            names="2.5rem"
            facts={allPages.map(({ key, title }) => [key.toUpperCase(), title] as const)}
          />
        </section>
      </div>
      <p className="note">
        {letters ? 'Letter keys can be turned off in Settings.' : 'Letter keys are turned off in Settings.'}
      </p>
    </Dialog>
  )
}
