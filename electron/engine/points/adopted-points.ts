import type { Servers } from '../servers.ts'
import { AdoptionBook, adoptedOf, isSamePlace, placeOf } from '../system/director/adopt/index.ts'
import type { SeenPoint } from './list-points.ts'
import { vendorName } from './vendor-point.ts'

/** The points of one server, those of a vendor's own tool with what this machine knows of their adoption. */
export async function withAdoptions(
  { servers, home }: { servers: Servers; home: string },
  server: string,
  points: SeenPoint[],
): Promise<SeenPoint[]> {
  const isVendors = ({ name, state }: SeenPoint) => name === vendorName && state === 'no-manifest'
  if (!points.some(isVendors)) return points
  // Secrets are left alone: a listing must not need the vault, and only a nameless Azure account would.
  const place = await placeOf(await servers.get(server), async () => null)
  const all = await new AdoptionBook(home).all()
  const here = all.filter(({ document }) => place !== null && isSamePlace(document.place, place))
  return points.map(point => {
    if (!isVendors(point)) return point
    const adopted = adoptedOf(here.filter(({ document }) => document.stamp === point.stamp))
    return adopted ? { ...point, adopted: { at: adopted.at, on: adopted.on } } : point
  })
}
