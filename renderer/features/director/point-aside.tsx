import type { DirectorPoint } from '../../../shared/contract/director.ts'
import { directorComponents } from '../../../shared/director-files.ts'
import { formatBytes, formatMoment } from '../../app/format.ts'
import { Button, Notice, Section, StatusMark } from '../../ui/index.ts'
import css from './director.module.css'
import { componentName, type Holding, latestWords } from './sources.ts'

type Props = {
  point: DirectorPoint
  server: string
  latest: Holding['latest']
  /** Whether its files were looked into. */
  looked: boolean
  asking: boolean
  now: number
  onLook: () => void
}

/** The five files of the chosen run, what was seen of them, and what is not in it. */
export function PointAside({ point, server, latest, looked, asking, now, onLook }: Props) {
  const total = point.files.reduce((sum, { size }) => sum + size, 0)
  const copies = latestWords(latest)
  return (
    <aside className={css.pointAside} aria-label="The chosen run">
      <Section title={formatMoment(point.at, now)} near>
        <ul className={css.files}>
          {directorComponents.map(component => {
            const file = point.files.find(one => one.component === component)
            const flag = point.flags.find(one => one.component === component)
            return (
              <li key={component}>
                <span className={css.file}>
                  {flag && (
                    <StatusMark shape={flag.code === 'mixed' ? 'warn' : 'bad'} size="small" label="Look" />
                  )}
                  <code className="truncate" title={file?.name ?? componentName(component)}>
                    {componentName(component)}
                  </code>
                </span>
                <span className="muted nowrap">{file ? formatBytes(file.size) : 'not there'}</span>
              </li>
            )
          })}
        </ul>
        {point.flags.map(({ code, detail, component }) => (
          <p key={`${code}${component ?? ''}`} className="note">
            {sentence(detail)}
          </p>
        ))}
        <p className="note">
          {formatBytes(total)}, one run.{' '}
          {looked
            ? 'Beginning and end of each were read.'
            : 'Listed only; not read yet. The preflight reads them.'}
        </p>
        {!looked && (
          <p className={css.below}>
            <Button size="small" icon="shield-check" busy={asking} onClick={onLook}>
              Look into the files
            </Button>
          </p>
        )}
      </Section>
      {copies && copies.tone === 'warn' && <Notice tone="warn">{copies.text}</Notice>}
      {copies && copies.tone !== 'warn' && (
        <div className={css.part}>
          <p className="note">{copies.text}</p>
        </div>
      )}
      <Section title="Not in it" near>
        <ul className={css.plain}>
          <li>Firmware images in MinIO</li>
          <li>Analytics data</li>
          <li>Changes made after {formatMoment(point.at, now)}</li>
        </ul>
        <p className="note">From {server}; its copy there stays as it is.</p>
      </Section>
    </aside>
  )
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`
