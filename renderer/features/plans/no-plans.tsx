import { useAsk } from '../../app/app-context.tsx'
import { go } from '../../app/navigation.ts'
import { href } from '../../app/router.ts'
import { Button, LinkButton, Notice, PageBody, PageHeader, Status } from '../../ui/index.ts'
import { AddPlan, needsServer, planKinds } from './add-plan.tsx'
import css from './plans.module.css'

/** No plan yet: what that prevents, and what the first one can be. Everything is off until a server exists. */
export function NoPlans({ servers }: { servers: number }) {
  const off = servers === 0 ? needsServer : null
  const directors = useAsk('director.list', undefined).value?.deployments.length ?? 0
  return (
    <>
      <PageHeader
        title="Plans"
        lead="What is backed up, when and where to. None yet."
        actions={<AddPlan off={off} />}
      />
      <PageBody>
        <div className={css.narrow}>
          <h2 className={css.big}>
            {off === null
              ? 'No plan yet, so nothing is backed up.'
              : 'No plans yet. A plan needs a server to write to.'}
          </h2>
          <p className="muted">
            {off === null
              ? 'A plan says what is backed up, when, to which servers, and how long it is kept. Adding one does not start it.'
              : 'Add a server first. As soon as it is there, the kinds of plan turn on here.'}
          </p>
          <table className={css.kinds}>
            <thead>
              <tr>
                <th scope="col">Kind of plan</th>
                <th scope="col">What it keeps</th>
                <th scope="col">Needs</th>
                <th scope="col">
                  <span className="visually-hidden">Add</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {planKinds.map(({ kind, title, keeps }) => (
                <tr key={kind}>
                  <td className="strong">{title}</td>
                  <td className="muted">{keeps}</td>
                  <td>
                    <Needs
                      director={kind === 'configuration' || kind === 'analytics'}
                      {...{ servers, directors }}
                    />
                  </td>
                  <td>
                    <Button
                      size="small"
                      off={off}
                      aria-label={`Add a plan: ${title}`}
                      onClick={() => go({ page: 'plans', mode: 'new', query: { kind } })}
                    >
                      Add
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {off !== null && (
            <div className={css.last}>
              <Notice
                tone="idle"
                actions={
                  <LinkButton size="small" href={href({ page: 'servers', mode: 'list' })}>
                    Go to Servers
                  </LinkButton>
                }
              >
                <b>Off because no server is set up.</b> Adding one and checking it takes about a minute.
              </Notice>
            </div>
          )}
        </div>
      </PageBody>
    </>
  )
}

function Needs({ director, servers, directors }: { director: boolean; servers: number; directors: number }) {
  const lacks = [
    ...(servers === 0 ? ['any server'] : []),
    ...(director && directors === 0 ? ['a Director'] : []),
  ]
  if (lacks.length > 0)
    return <Status is="Not tested" says={lacks.join(', ').replace(/^a/, 'A')} shape="open" quiet />
  return (
    <Status
      is="Ready"
      says={director ? 'Server and Director: there' : 'Any server: there'}
      shape="verified"
      quiet
    />
  )
}
