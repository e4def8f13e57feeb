import type { ServerInfo } from '../../../shared/contract/server.ts'
import { Checkbox, Field, Notice, Status } from '../../ui/index.ts'
import { serverWord, siteName, typeOf } from '../servers/index.ts'
import css from './plans.module.css'
import type { PlanForm } from './use-plan-form.ts'

type WhereProps = {
  form: PlanForm
  servers: readonly ServerInfo[]
  /** Those on which nothing may be written, and why. */
  stopped: ReadonlyMap<string, string>
}

/** To which servers: at least one. */
export function WherePart({ form, servers, stopped }: WhereProps) {
  const { draft, wrong, change } = form
  const gone = draft.servers.filter(name => !servers.some(({ record }) => record.name === name))
  const set = (name: string, on: boolean) =>
    change({ servers: on ? [...draft.servers, name] : draft.servers.filter(other => other !== name) })
  const chosen = servers.filter(({ record }) => draft.servers.includes(record.name))
  const together = chosen.length > 0 && chosen.every(({ record }) => record.site === 'on-site')
  return (
    <section className={css.part} aria-labelledby="plan-where">
      <div>
        <h2 id="plan-where">Where to</h2>
        <span className="note">each server gets its own copy and its own state</span>
      </div>
      <Field
        group
        className={css.servers}
        label={<span className="visually-hidden">Servers</span>}
        error={wrong['servers']}
      >
        <div role="group" aria-label="Servers">
          {servers.map(info => {
            const { name, site } = info.record
            return (
              <div key={name} className={css.server}>
                <Checkbox checked={draft.servers.includes(name)} onChange={on => set(name, on)}>
                  <span className="strong breakable">{name}</span>
                </Checkbox>
                <span className="muted truncate">
                  {typeOf(info.record)}
                  {site ? `, ${siteName(site).toLowerCase()}` : ''}
                </span>
                {stopped.has(name) ? (
                  <Status is="Blocked" says="Vendor’s own" />
                ) : (
                  <Status is={serverWord(info)} />
                )}
                {stopped.has(name) && <span className={css.stopped}>{stopped.get(name)}</span>}
              </div>
            )
          })}
          {gone.map(name => (
            <div key={name} className={css.server}>
              <Checkbox checked onChange={() => set(name, false)}>
                <span className="strong breakable">{name}</span>
              </Checkbox>
              <span className="muted">not here any more</span>
              <Status is="Failed" says="Gone" />
            </div>
          ))}
        </div>
      </Field>
      {together && (
        <Notice tone="warn">
          <b>Every copy stands on site.</b> What takes the building takes them all. Add a server off site or
          behind an air gap.
        </Notice>
      )}
    </section>
  )
}
