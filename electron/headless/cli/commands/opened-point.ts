import type { DecryptWith } from '../../../engine/archive/age/key.ts'
import type { OpenedPoint } from '../../../engine/points/point.ts'
import { parsePoint } from '../../../engine/archive/names.ts'
import type { CliContext } from '../context.ts'
import { refuseBundle } from '../declare/declaring.ts'
import type { SecretOptions } from '../secrets.ts'
import type { Session } from '../session.ts'
import { decryptionFor } from '../session.ts'

export type PointOptions = SecretOptions & { server?: string; bundle?: string }

/** Opens the point that was named, on the server that was named or the first that has it whole. */
export async function openPoint(
  ctx: CliContext,
  session: Session,
  point: string,
  options: PointOptions,
): Promise<OpenedPoint> {
  refuseBundle(options)
  parsePoint(point)
  const { server } = options
  if (server !== undefined) {
    await session.engine.servers.get(server)
    ctx.around.server = server
  }
  const opened = await session.engine.points.open(point, {
    signal: ctx.interrupts.signal,
    ...(server === undefined ? {} : { server }),
  })
  const { passedOver } = opened
  if (passedOver) ctx.out.say(`${passedOver} is newer but incomplete or unreadable; ${opened.point} is used.`)
  if (opened.inTrash)
    ctx.out.say(
      `${opened.point} is in the trash of ${opened.server}; drydock points put-back ${opened.point} takes it out.`,
    )
  return opened
}

/** What opens an encrypted point; undefined for one in clear. */
export const secretOf = (session: Session, opened: OpenedPoint): Promise<DecryptWith | undefined> =>
  decryptionFor(session, opened.manifest.encryption, opened.point)
