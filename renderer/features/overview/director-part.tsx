import type { SystemRow } from '../../../shared/contract/overview.ts'
import { useCall, useDeed, useStores } from '../../app/app-context.tsx'
import { href } from '../../app/router.ts'
import { Button, Empty, LinkButton, Rows, Section, Status, Trouble, useAnnounce } from '../../ui/index.ts'
import { CheckedAgo, siteVerdict } from '../site/index.ts'
import css from './overview.module.css'

/** Of a Director: whether it can be backed up, and the way to its own page. */
export function DirectorPart({ row: { name, deployment, check } }: { row: SystemRow }) {
  const call = useCall()
  const announce = useAnnounce()
  const { overview } = useStores()
  const look = useDeed((options, of: string) => call('site.check', { deployment: of }, options))
  if (deployment === null)
    return (
      <Section title="Director">
        <Empty
          title="Its deployment folder is not said."
          action={
            <LinkButton icon="pencil" href={href({ page: 'overview', mode: 'edit', name })}>
              Choose the folder
            </LinkButton>
          }
        >
          Without it the Director cannot be checked.
        </Empty>
      </Section>
    )
  const run = async () => {
    const answer = await look.run(deployment)
    if (!answer?.ok) return
    announce(`Can it be backed up? ${siteVerdict(answer.value).answer}`)
    void overview.refresh()
  }
  return (
    <Section title="Director">
      <Rows
        rows={[
          {
            key: deployment,
            title: <a href={href({ page: 'sites', mode: 'show', name: deployment })}>{deployment}</a>,
            detail:
              check?.finding ??
              (check ? 'All that was looked at is as it should be.' : 'It was never checked as it is now.'),
            side: <Status is={siteVerdict(check).word} reason={check && <CheckedAgo at={check.at} />} />,
          },
        ]}
      />
      <p className={css.ask}>
        <Button size="small" icon="refresh-cw" busy={look.busy} onClick={() => void run()}>
          Check now
        </Button>
        {look.busy && (
          <Button kind="quiet" size="small" onClick={look.stop}>
            Stop
          </Button>
        )}
      </p>
      {look.failure && <Trouble failure={look.failure} title="It was not checked" />}
    </Section>
  )
}
