import { useCall, useDeed } from '../../app/app-context.tsx'
import { saveText } from '../../app/desktop.ts'
import { Button, Trouble } from '../../ui/index.ts'

/** The whole log of a run as a text file, line for line as it was written. */
export function SaveLog({ id }: { id: string }) {
  const call = useCall()
  const save = useDeed(async options => {
    const parts: string[] = []
    for (let from = 0; ;) {
      const answer = await call('run.log', { runId: id, from }, options)
      if (!answer.ok) return answer
      const { text, next, size } = answer.value
      parts.push(text)
      if (next <= from || next >= size) {
        await saveText(`${id}.log`, parts.join(''), 'text/plain')
        return answer
      }
      from = next
    }
  })
  return (
    <>
      {save.failure && <Trouble failure={save.failure} title="The log is not saved" />}
      <Button size="small" icon="download" busy={save.busy} onClick={() => void save.run()}>
        Save log
      </Button>
    </>
  )
}
