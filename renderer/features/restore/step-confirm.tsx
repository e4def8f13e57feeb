import { useState } from 'react'
import type { Preflight, RestoreRequest } from '../../../shared/contract/restore.ts'
import { useAsk, useCall, useDeed } from '../../app/app-context.tsx'
import { counted, formatBytes, formatMoment } from '../../app/format.ts'
import { go } from '../../app/navigation.ts'
import { NotStarted, Recorded } from '../../app/parts/checks/confirm-foot.tsx'
import { ConfirmBox, TypedConfirm } from '../../ui/index.ts'
import { stampTime } from '../backups/index.ts'
import { ofWords } from './model.ts'
import { wanted } from './point-aside.tsx'

type Props = {
  of: string
  request: RestoreRequest
  result: Preflight
  now: number
  onBack: () => void
  onCheckAgain: () => void
}

/** The last question: what goes, what stays, what undoes it; then the name of the target, typed. */
export function StepConfirm({ of, request, result, now, onBack, onCheckAgain }: Props) {
  const call = useCall()
  const [typed, setTyped] = useState('')
  const { point, server } = request
  const base = useAsk('point.show', { point, server }).value?.base
  const start = useDeed(options => call('restore.start', { request, token: result.token, typed }, options))
  const { preview, confirm } = result
  const replaced = preview?.replace ?? null
  const harmful = replaced === null ? request.overwrite !== 'never' : replaced > 0
  const taken = formatMoment(stampTime(request.point.slice(request.point.lastIndexOf('@') + 1)), now)
  const files = wanted(request.only ?? [])
  const what = files.length === 0 ? ofWords(of) : `${counted(files.length, 'chosen item')} of ${ofWords(of)}`
  const begin = async () => {
    const started = await start.run()
    if (started?.ok) go({ page: 'runs', mode: 'show', name: started.value.runId })
  }
  return (
    <>
      <ConfirmBox
        harmful={harmful}
        sentence={
          <>
            This restores <b>{what}</b> from <b className="nowrap">{taken}</b>{' '}
            {request.into === null ? (
              <>
                to where it came from
                {base && (
                  <>
                    , <b className="breakable">{base}</b>
                  </>
                )}
              </>
            ) : (
              <>
                into <b className="breakable">{request.into}</b>
              </>
            )}
            {harmful
              ? replaced === null
                ? ', and replaces what stands there under the same names.'
                : `, and replaces ${counted(replaced, 'file')} that ${replaced === 1 ? 'stands' : 'stand'} there now.`
              : '. Nothing that stands there is replaced.'}
          </>
        }
        goes={
          harmful
            ? {
                title: 'Replaced',
                lines: [
                  replaced === null
                    ? 'What stands there under the same names'
                    : `${counted(replaced, 'file')}, as ${replaced === 1 ? 'it is' : 'they are'} now`,
                  request.overwrite === 'older'
                    ? 'Only what is older than the backup'
                    : request.overwrite === 'different'
                      ? 'Only what differs from the backup'
                      : 'Also what was changed after the backup',
                ],
              }
            : {
                title: 'Made',
                lines: [
                  preview
                    ? `${counted(preview.create, 'new entry', 'new entries')}, ${formatBytes(preview.bytes)}`
                    : 'What is missing there',
                  'Folders and files as they were, with times and modes',
                ],
              }
        }
        stays={{
          title: 'Left alone',
          lines: [
            preview && preview.leave + preview.same > 0
              ? `${counted(preview.leave + preview.same, 'entry', 'entries')} that ${preview.leave + preview.same === 1 ? 'is' : 'are'} there`
              : 'Everything else in that folder',
            'Every backup on every server',
            ...(preview && preview.refuse > 0
              ? [`${counted(preview.refuse, 'entry', 'entries')} that cannot be written`]
              : []),
          ],
        }}
        back={{
          title: 'Way back',
          lines: harmful
            ? [
                'What is replaced is not kept: back it up first if it may be needed',
                'Cancelling keeps what is finished, whole and named',
              ]
            : [
                'Delete the folder or what is new in it',
                'Cancelling keeps what is finished, whole and named',
              ],
        }}
      >
        <TypedConfirm
          word={confirm}
          typed={typed}
          onTyped={setTyped}
          ask={
            request.into === null
              ? 'To go on, type the name of this machine:'
              : 'To go on, type the name of the target folder:'
          }
          deed={deedOf(harmful, request.into === null, confirm)}
          onConfirm={() => void begin()}
          back="Back, change nothing"
          onBack={onBack}
          busy={start.busy}
        />
      </ConfirmBox>
      <NotStarted failure={start.failure} what="The restore" onCheckAgain={onCheckAgain} />
      <Recorded into="the proof report" />
    </>
  )
}

function deedOf(harmful: boolean, inPlace: boolean, word: string): string {
  const where = inPlace ? `on ${word}` : `in ${word}`
  return harmful
    ? `Replace files ${where} and restore`
    : inPlace
      ? `Restore on ${word}`
      : `Restore into ${word}`
}
