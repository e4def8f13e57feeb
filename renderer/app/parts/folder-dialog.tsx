import { useState } from 'react'
import { Button, Checkbox, Dialog, Empty, ObjectList, PathText, TextField, Trouble } from '../../ui/index.ts'
import { useAsk, useCall, useDeed } from '../app-context.tsx'
import css from './folder-dialog.module.css'

export type FolderDialogProps = {
  title: string
  /** Where to begin; null: the home folder. */
  from: string | null
  files: boolean
  onPick: (path: string) => void
  onClose: () => void
}

/** Goes through the folders of the engine's machine, which is another one than the browser's perhaps. */
export function FolderDialog({ title, from, files, onPick, onClose }: FolderDialogProps) {
  const [at, setAt] = useState(from)
  const [hidden, setHidden] = useState(false)
  const [chosen, setChosen] = useState<string | null>(null)
  const [making, setMaking] = useState<string | null>(null)
  const { value, failure, asking, again } = useAsk('folder.list', { path: at, files, hidden })
  const call = useCall()
  const make = useDeed((options, path: string) => call('folder.create', { path }, options))
  const entries = value?.entries ?? []
  const entry = entries.find(({ path }) => path === chosen)
  const go = (path: string | null) => {
    setChosen(null)
    setAt(path)
  }
  const open = (path: string) => {
    const target = entries.find(other => other.path === path)
    if (target?.kind === 'folder') go(path)
    else if (target) onPick(path)
  }
  const create = async () => {
    if (!value || !making) return
    const path = `${value.path.replace(/[/\\]$/, '')}${value.path.includes('\\') ? '\\' : '/'}${making}`
    const made = await make.run(path)
    if (!made?.ok) return
    setMaking(null)
    go(path)
    again()
  }
  const pick = entry?.path ?? (files ? null : value?.path)
  return (
    <Dialog
      open
      wide
      escape="closes"
      title={title}
      onClose={onClose}
      aside={
        <Button icon="folder-plus" onClick={() => setMaking('')} off={value ? null : 'no folder is open'}>
          New folder
        </Button>
      }
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            off={pick ? null : files ? 'choose a file' : 'no folder is open'}
            onClick={() => pick && onPick(pick)}
          >
            {entry ? `Choose ${entry.name}` : 'Choose this folder'}
          </Button>
        </>
      }
    >
      <div className={css.head}>
        <Button
          size="small"
          icon="arrow-up"
          off={value?.parent == null ? 'there is nothing above' : null}
          onClick={() => go(value?.parent ?? null)}
        >
          Up
        </Button>
        {value?.roots.length !== undefined && value.roots.length > 1
          ? value.roots.map(root => (
              <Button key={root} size="small" onClick={() => go(root)}>
                {root}
              </Button>
            ))
          : null}
        <PathText path={value?.path ?? at ?? ''} />
        <span className={css.hidden}>
          <Checkbox checked={hidden} onChange={setHidden}>
            Hidden too
          </Checkbox>
        </span>
      </div>
      {making !== null && (
        <div className={css.head}>
          <TextField
            code
            autoFocus
            label="Name of the new folder"
            placeholder="Name of the new folder"
            value={making}
            onChange={setMaking}
            onEnter={() => void create()}
          />
          <Button
            off={making === '' ? 'give it a name' : null}
            busy={make.busy}
            onClick={() => void create()}
          >
            Make folder
          </Button>
        </div>
      )}
      {make.failure && <Trouble failure={make.failure} />}
      {failure && (
        <Trouble
          failure={failure}
          actions={<Button onClick={() => go(null)}>Go to the home folder</Button>}
        />
      )}
      {value && !failure && (
        <div className={css.list} data-scroll="">
          <ObjectList
            label={`Inside ${value.path}`}
            objects={entries.map(({ name, path, kind }) => ({
              key: path,
              title: name,
              icon: kind === 'folder' ? 'folder' : 'file',
            }))}
            selected={chosen}
            onSelect={setChosen}
            onOpen={open}
            empty={<Empty title={files ? 'This folder is empty.' : 'There is no folder inside.'} />}
            {...(value.more && { foot: 'Only the first 1,000 are shown: type the path instead.' })}
          />
        </div>
      )}
      {asking !== null && !value && <p className="note">Asking for the folder</p>}
    </Dialog>
  )
}
