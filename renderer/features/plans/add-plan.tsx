import { go } from '../../app/navigation.ts'
import { SplitButton } from '../../ui/index.ts'

export const needsServer = 'needs a server first'

export const planKinds = [
  {
    kind: 'files',
    title: 'Folders and files',
    keeps: 'Any folders this console can read, with owners, rights and times',
    icon: 'folder',
  },
  {
    kind: 'command',
    title: 'Output of a command',
    keeps: 'What a command prints: a database dump, an export',
    icon: 'terminal',
  },
] as const

/** The primary button of the page. @param off why it is off */
export function AddPlan({ off }: { off: string | null }) {
  const add = (kind: string) => go({ page: 'plans', mode: 'new', query: { kind } })
  return (
    <SplitButton
      pagePrimary
      icon="plus"
      text="Add plan"
      off={off}
      onClick={() => add('files')}
      menuLabel="Add a plan of another kind"
      items={planKinds.map(({ kind, title, icon }) => ({
        id: kind,
        text: title,
        icon,
        onPick: () => add(kind),
        ...(kind === 'files' && { tag: 'Default' }),
      }))}
    />
  )
}
