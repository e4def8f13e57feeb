import { z } from 'zod'
import type { ActiveRun } from '../../../run/index.ts'

/** The steps of a Director restore that its journal names, each before or after it is done. */
const mark = z.discriminatedUnion('mark', [
  /** Both YAML files are as they shall be; `kept`: what the old ones are called now. */
  z.object({ mark: z.literal('written'), kept: z.array(z.string()) }),
  z.object({ mark: z.literal('starting') }),
  z.object({ mark: z.literal('started') }),
  /** A secret is about to be typed for this question. */
  z.object({ mark: z.literal('typing'), question: z.string() }),
  z.object({ mark: z.literal('ended'), exit: z.int().nullable(), lost: z.boolean() }),
])
export type Mark = z.infer<typeof mark>

/** The last of each kind; and all questions for which a secret was, or may have been, typed. */
export type Marks = { [K in Mark['mark']]?: Extract<Mark, { mark: K }> } & { asked: Set<string> }

/** Notes a step; resolves when the disk has it. */
export async function note(run: ActiveRun, step: Mark): Promise<void> {
  await run.journal.append(step, { sync: true })
}

/** What an earlier process has noted. */
export async function readMarks(run: ActiveRun): Promise<Marks> {
  const marks: Marks = { asked: new Set() }
  for await (const line of run.readJournal()) {
    const parsed = mark.safeParse(line)
    if (!parsed.success) continue
    Object.assign(marks, { [parsed.data.mark]: parsed.data })
    if (parsed.data.mark === 'typing') marks.asked.add(parsed.data.question)
  }
  return marks
}
