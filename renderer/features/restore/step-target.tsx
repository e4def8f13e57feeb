import { useEffect, useMemo, useRef } from 'react'
import { useAsk } from '../../app/app-context.tsx'
import { PathField } from '../../app/parts/path-field.tsx'
import { Checkbox, Choice, Field, TextField } from '../../ui/index.ts'
import { type How, policies, type Policy, policyWords, wrongLimit } from './model.ts'
import css from './restore.module.css'

type Props = {
  point: string
  server: string
  into: string | null | undefined
  how: How
  onInto: (into: string | null) => void
  onHow: (how: Partial<How>) => void
}

/** Where should it go, and what becomes of what stands there? */
export function StepTarget({ point, server, into, how, onInto, onHow }: Props) {
  const shown = useAsk('point.show', { point, server })
  const home = useAsk('folder.list', { path: null, files: false })
  const base = shown.value?.base ?? null
  const name = point.slice(0, point.lastIndexOf('@'))
  const fresh = useMemo(
    () => (home.value ? joined(home.value.path, `restored-${name}`) : ''),
    [home.value, name],
  )
  // Chosen before the engine had said where its home is: the path follows as soon as it is known.
  const owed = useRef(false)
  useEffect(() => {
    if (into === null || (into !== undefined && into !== '')) owed.current = false
    else if (owed.current && fresh !== '') onInto(fresh)
  }, [into, fresh, onInto])
  const choose = (next: 'folder' | 'origin') => {
    owed.current = next === 'folder' && fresh === ''
    onInto(next === 'origin' ? null : (into ?? fresh))
  }
  const where = into === null ? 'origin' : into === undefined ? null : 'folder'
  return (
    <div className={css.target}>
      <Field label="Target" group>
        <Choice
          value={where}
          onChange={choose}
          options={[
            {
              value: 'folder',
              title: 'Into a folder of its own',
              detail: 'Nothing of what is in use now is touched.',
            },
            {
              value: 'origin',
              title: 'Where it came from',
              detail:
                base === null ? (
                  'Back into the folder it was backed up from.'
                ) : (
                  <>
                    <code className="breakable">{base}</code> on this machine
                    {shown.value?.host != null && `; it was backed up on ${shown.value.host}`}
                  </>
                ),
              off: shown.value && base === null ? 'it came from no folder that is known' : null,
            },
          ]}
        />
      </Field>
      {into !== null && into !== undefined && (
        <PathField
          label="Folder"
          value={into}
          onChange={onInto}
          hint="On the machine Drydock runs on; it is made when it is not there."
          error={into !== '' && !isAbsolute(into) ? 'Give it from the root on, as /srv/restored.' : null}
        />
      )}
      <Field label="What stands there already" group>
        <Choice<Policy>
          value={how.overwrite}
          onChange={overwrite => onHow({ overwrite })}
          options={policies.map(value => ({ value, ...policyWords[value] }))}
        />
      </Field>
      <Field
        optional
        label="Speed, at most"
        error={wrongLimit(how.limit) ? 'As in 20 MB/s; empty for the one of Settings.' : null}
        hint="As in 20 MB/s, so that a narrow line stays usable. Empty: as in Settings. It can be changed under way."
      >
        <TextField value={how.limit} onChange={limit => onHow({ limit })} code />
      </Field>
      <details className={css.more} open={how.fullPaths || how.numericIds || how.special}>
        <summary>More</summary>
        <div className={css.checks}>
          <Checkbox
            checked={how.fullPaths && into !== null}
            off={into === null ? 'it goes where it came from' : null}
            onChange={fullPaths => onHow({ fullPaths })}
            detail="The folders above it are made below the target too."
          >
            Keep the whole paths
          </Checkbox>
          <Checkbox
            checked={how.numericIds}
            onChange={numericIds => onHow({ numericIds })}
            detail="Users and groups by number, for a system that knows other names. Owners are set only as root."
          >
            Owners by number
          </Checkbox>
          <Checkbox
            checked={how.special}
            onChange={special => onHow({ special })}
            detail="Device nodes and setuid bits; only as root, and only from a backup you trust."
          >
            Devices and setuid bits
          </Checkbox>
        </div>
      </details>
    </div>
  )
}

export const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[\\/])/.test(path)

const joined = (folder: string, name: string): string => {
  const separator = folder.includes('\\') ? '\\' : '/'
  return `${folder.replace(/[/\\]$/, '')}${separator}${name}`
}
