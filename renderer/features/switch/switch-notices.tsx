import { href } from '../../app/router.ts'
import { LinkButton, Notice } from '../../ui/index.ts'
import { directionWords, openWords, statusOf } from './model.ts'
import { useSwitches } from './use-switches.ts'

const lower = (words: string) => words.charAt(0).toLowerCase() + words.slice(1)

/** A switch-over that stands open, on pages where it must not be forgotten. */
export function SwitchNotices() {
  const { list } = useSwitches()
  return list
    ?.filter(({ state }) => state === 'open')
    .map(record => (
      <Notice
        key={record.id}
        tone={statusOf(record).is === 'Failed' ? 'bad' : 'warn'}
        actions={
          <LinkButton size="small" href={href({ page: 'switch', mode: 'show', name: record.id })}>
            Open the switch-over
          </LinkButton>
        }
      >
        <b>
          Switch-over {directionWords[record.direction].title} is open: {lower(statusOf(record).says)}.
        </b>{' '}
        {openWords(record)}
      </Notice>
    ))
}
