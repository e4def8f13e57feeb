import { useState } from 'react'
import { Button, Field, type FieldProps, TextField } from '../../ui/index.ts'
import { desktop } from '../desktop.ts'
import { FolderDialog } from './folder-dialog.tsx'
import css from './path-field.module.css'

export type PathFieldProps = Pick<FieldProps, 'hint' | 'error' | 'optional'> & {
  label: string
  /** Absolute, on the engine's machine. */
  value: string
  onChange: (path: string) => void
  /** A file may be chosen too. */
  files?: boolean
}

/** A folder (or file) on the engine's machine: typed, or chosen in a dialog. */
export function PathField({ label, value, onChange, files = false, ...rest }: PathFieldProps) {
  const [open, setOpen] = useState(false)
  const browse = async () => {
    if (!desktop) return setOpen(true)
    const chosen = await desktop.choose({
      kind: files ? 'file' : 'folder',
      title: label,
      from: value === '' ? null : value,
    })
    if (chosen !== null) onChange(chosen)
  }
  return (
    <>
      <Field label={label} {...rest}>
        <span className={css.row}>
          <TextField code value={value} onChange={onChange} />
          <Button icon="folder-open" aria-label={`Browse for ${label}`} onClick={() => void browse()}>
            Browse
          </Button>
        </span>
      </Field>
      {open && (
        <FolderDialog
          title={label}
          from={value === '' ? null : value}
          files={files}
          onClose={() => setOpen(false)}
          onPick={path => {
            setOpen(false)
            onChange(path)
          }}
        />
      )}
    </>
  )
}
