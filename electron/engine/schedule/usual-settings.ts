import { usualTrashDays } from '../points/trash.ts'

/** What holds for every plan that does not say otherwise. */
export type UsualSettings = {
  /** Bytes per second for each run; null for no limit. */
  limit: number | null
  /** Days that a removed restore point stays in the trash. */
  trashDays: number
}

export const usualSettings = async (): Promise<UsualSettings> => ({ limit: null, trashDays: usualTrashDays })
