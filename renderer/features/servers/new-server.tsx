import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { useStores } from '../../app/app-context.tsx'
import { go } from '../../app/navigation.ts'
import { LeaveGuard } from '../../app/parts/leave-guard.tsx'
import { href, type RouteOf } from '../../app/router.ts'
import {
  Button,
  Form,
  FormFoot,
  LinkButton,
  Notice,
  ObjectList,
  PageBody,
  PageHeader,
  Split,
  useAnnounce,
} from '../../ui/index.ts'
import { ConnectionCheck } from './connection-check.tsx'
import { blankDraft } from './draft.ts'
import { doubtOf, kindOf, serverKinds } from './model.ts'
import { ServerFields } from './server-fields.tsx'
import css from './servers.module.css'
import { useServerForm } from './use-server-form.ts'

/** A new server: its kind at the left, its settings, and the check. `first`: there is none yet, and what that prevents. */
export function NewServer({ route, first }: { route: RouteOf<'servers'>; first: boolean }) {
  const { servers, plans } = useStores()
  const known = useStore(plans, state => state.value)
  const announce = useAnnounce()
  const kind = kindOf(route.query?.['type'])
  const form = useServerForm(blankDraft(kind.type), null)
  const [added, setAdded] = useState<string | null>(null)
  const { draft, begin } = form
  const typed = !added && form.dirty
  const missed = [...new Set(known?.plans.flatMap(({ settings }) => settings.servers))]

  // The kind is part of the address: Back and a link lead to it too.
  useEffect(() => {
    if (draft.type !== kind.type) begin(blankDraft(kind.type, draft), blankDraft(kind.type))
  })
  // Only once nothing is unsaved any more, or leaving would ask.
  useEffect(() => {
    if (added) go({ page: 'servers', mode: 'show', name: added }, { replace: true })
  }, [added])

  const add = async () => {
    const saved = await form.save()
    if (!saved) return
    await servers.refresh()
    announce(`${saved.record.name} is added.`)
    setAdded(saved.record.name)
  }
  const checkAndAdd = async () => {
    const test = await form.check()
    if (!test) return
    if (test.failure) announce('The check failed. The server is not added.', 'assertive')
    else if (doubtOf(test, draft.type) !== null)
      announce('The folder is new. The disk is not added before you say so.', 'assertive')
    else await add()
  }
  const refused = form.test?.failure != null && !form.stale && !form.checking
  const doubt = form.stale || form.checking ? null : doubtOf(form.test, draft.type)
  const off =
    form.wrongCount > 0
      ? `${form.wrongCount === 1 ? '1 field needs' : `${form.wrongCount} fields need`} a change`
      : null
  const verb = `Check and add ${kind.type === 'local' ? 'disk' : `${kind.title.split(' ')[0]} server`}`
  return (
    <>
      <PageHeader
        title={first ? 'Servers' : 'New server'}
        {...(!first && { path: [{ text: 'Servers', href: href({ page: 'servers', mode: 'list' }) }] })}
        lead={first ? 'Where backups are kept. None yet.' : 'It is added when its check has passed.'}
        actions={
          <>
            {!first && <LinkButton href={href({ page: 'servers', mode: 'list' })}>Cancel</LinkButton>}
            <Button
              kind="primary"
              pagePrimary
              busy={form.checking || form.saving}
              off={off}
              offAt="beside"
              onClick={() => void checkAndAdd()}
            >
              {verb}
            </Button>
          </>
        }
      />
      <PageBody flush>
        <Split columns="19.5rem minmax(0, 1fr)">
          <div className={css.kinds}>
            <h2>Kind of server</h2>
            <ObjectList
              label="Kind of server"
              selected={kind.type}
              onSelect={type =>
                go({ page: 'servers', mode: first ? 'list' : 'new', query: { type } }, { replace: true })
              }
              objects={serverKinds.map(({ type, title, icon, needs }) => ({
                key: type,
                title,
                icon,
                detail: <span title={needs}>{needs}</span>,
                ...(type === 's3' && { side: <span className="tag">Default</span> }),
              }))}
            />
          </div>
          <div className={css.new}>
            {first && (
              <div className={css.empty}>
                <h2>No server yet, so nothing can be backed up or restored.</h2>
                <p className="muted">
                  A server is a place that keeps backups. Pick the kind you have; more can follow. Plans stay
                  off until the first one is here.
                </p>
                {missed.length > 0 && (
                  <Notice tone="warn">
                    <b>Plans store on servers that are not in this list: {missed.join(', ')}.</b> Add them
                    again under the same names; the restore points on them are not affected.
                  </Notice>
                )}
              </div>
            )}
            <div className={css.columns}>
              <Form label={`New ${kind.title} server`} onSubmit={() => void checkAndAdd()}>
                <div className={css.head}>
                  <h3>{kind.title}</h3>
                </div>
                <ServerFields form={form} />
                {refused && (
                  <FormFoot>
                    <Button busy={form.saving} onClick={() => void add()}>
                      Add it all the same
                    </Button>
                    <span className="note">Its check failed. Plans can use it once it passes.</span>
                  </FormFoot>
                )}
                {doubt !== null && (
                  <>
                    <Notice urgent tone="warn">
                      <b>Look at this before it is added.</b> {doubt}
                    </Notice>
                    <FormFoot>
                      <Button busy={form.saving} onClick={() => void add()}>
                        Add this new folder
                      </Button>
                      <span className="note">{draft.text['path'] ?? ''}</span>
                    </FormFoot>
                  </>
                )}
                {/* Enter in a field does what the button in the header does. */}
                <button type="submit" hidden />
              </Form>
              <ConnectionCheck form={form} name={draft.text['name'] ?? ''} />
            </div>
          </div>
        </Split>
      </PageBody>
      <LeaveGuard dirty={typed} what="the new server" />
    </>
  )
}
