import { useEffect } from 'react'
import type { PointOnServer } from '../../../shared/contract/point.ts'
import { useAsk } from '../../app/app-context.tsx'
import { counted, formatBytes, formatMoment, formatWhen } from '../../app/format.ts'
import { href } from '../../app/router.ts'
import { Button, LinkButton, Notice, Section, Status, Trouble } from '../../ui/index.ts'
import { isLocked, pathOfGlob, SecretForm, stampTime, useHeld, useSecret } from '../backups/index.ts'
import css from './restore.module.css'

type Props = {
  copy: PointOnServer
  now: number
  only: readonly string[]
  onOnly: (only: readonly string[]) => void
  /** Whether it can be restored from as it is: nothing is missing to open it. */
  onReady: (ready: boolean) => void
}

/** Chosen paths shown before the rest is only counted. */
const mostShown = 6

/** What the chosen restore point holds, what opens it, and what of it is wanted. */
export function PointAside({ copy, now, only, onOnly, onReady }: Props) {
  const { point, server } = copy
  const shown = useAsk('point.show', { point, server })
  const { secret, give } = useSecret(point)
  const encrypted = shown.value?.encrypted === true
  const tried = useAsk(
    'point.browse',
    encrypted ? { point, server, folder: '', limit: 1, ...(secret && { secret }) } : null,
  )
  const locked = useHeld(tried.value || tried.failure ? isLocked(tried.failure) : null)
  const ready = shown.value !== null && (!encrypted || tried.value !== null)
  useEffect(() => onReady(ready), [ready, onReady])
  const failure = shown.failure ?? (locked ? null : tried.failure)

  return (
    <aside className={css.pointAside} aria-label="The chosen restore point">
      <Section title={formatMoment(stampTime(copy.stamp), now)} near>
        {failure && <Trouble failure={failure} around={{ server }} />}
        {!shown.value && shown.asking !== null && <p className="note">Asking {server}</p>}
        {shown.value && (
          <>
            <ul className={css.files}>
              {shown.value.files.map(({ name, component, bytes }) => (
                <li key={name}>
                  <code className="truncate" title={name}>
                    {component || name}
                  </code>
                  <span className="muted">{formatBytes(bytes)}</span>
                </li>
              ))}
            </ul>
            <p className="note">
              {counted(shown.value.content.files, 'file')}, {formatBytes(shown.value.content.bytes)}.{' '}
              {shown.value.host !== null &&
                `From ${shown.value.host}${shown.value.base === null ? '' : `, ${shown.value.base}`}. `}
              {copy.verified === null
                ? 'Never read back on this machine.'
                : `Read back and compared with its hashes, ${formatWhen(copy.verified, now)}.`}
            </p>
          </>
        )}
        {copy.damaged && (
          <Notice tone="warn">
            Damage was found when it was read back. Files in damaged parts are left out and named; all others
            are restored.
          </Notice>
        )}
      </Section>
      {encrypted && (
        <Section title="Encryption" near>
          {locked ? (
            <SecretForm
              wrong={tried.failure?.code === 'auth.passphrase' && secret !== undefined}
              busy={tried.asking !== null}
              onGive={give}
            />
          ) : tried.value ? (
            <p>
              <Status
                is="Open"
                says={secret ? 'Open with what you gave' : 'Open with the plan’s passphrase'}
              />
            </p>
          ) : (
            <p className="note">Trying to open it</p>
          )}
        </Section>
      )}
      <Section title="What of it" near>
        {only.length === 0 ? (
          <p>All of it.</p>
        ) : (
          <>
            <ul className={css.chosen}>
              {wanted(only)
                .slice(0, mostShown)
                .map(path => (
                  <li key={path} className="breakable">
                    <code>{path}</code>
                  </li>
                ))}
            </ul>
            {wanted(only).length > mostShown && (
              <p className="note">and {counted(wanted(only).length - mostShown, 'more', 'more')}</p>
            )}
          </>
        )}
        <p className={css.below}>
          {ready && (
            <LinkButton
              size="small"
              icon="folder-open"
              href={href({ page: 'backups', mode: 'show', point, server })}
            >
              {only.length === 0 ? 'Choose files in it' : 'Choose others'}
            </LinkButton>
          )}
          {only.length > 0 && (
            <Button size="small" onClick={() => onOnly([])}>
              All of it
            </Button>
          )}
        </p>
      </Section>
    </aside>
  )
}

/** Chosen paths; the pattern for what is inside a folder stands with the folder itself. */
export function wanted(only: readonly string[]): string[] {
  const own = new Set(only)
  return only.flatMap(glob => {
    const folder = glob.endsWith('/**') ? glob.slice(0, -3) : null
    if (folder !== null && own.has(folder)) return []
    const path = pathOfGlob(glob)
    return [path === null ? glob : own.has(`${glob}/**`) ? `${path}/` : path]
  })
}
