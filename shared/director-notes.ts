/**
 * What the vendor's document says of a Director restore and an operator should know before it begins. The numbers are
 * the lines of the project's acceptance list; the table in the README of `system/director` answers each.
 */
export const directorNotes = [
  {
    lines: ['S2.18', 'S2.19', 'S2.20', 'S2.25', 'S2.28'],
    text: 'Analytics data is not part of it: it lies in the snapshots of the MinIO bucket, and a DR site gets it after the end of the week. A site that was offline for more than a week lacks that week.',
  },
  {
    lines: ['S2.21', 'S2.26', 'S2.27'],
    text: 'Schedules come with the configuration: afterwards this site has those of the data centre the backup was made at. A DR site’s configuration changes by such a restore only.',
  },
  {
    lines: ['S2.30', 'S2.31', 'S2.35', 'S2.36'],
    text: 'The MinIO bucket of the continuous backup belongs to the vendor’s tools: Drydock lists and reads there, and never writes or removes anything.',
  },
  {
    lines: [],
    text: 'Firmware images in MinIO are in no Director backup: they are copied by hand.',
  },
] as const

/** Why a restore over SFTP or FTP deserves a look (S2.38). */
export const analyticsOverFtp =
  'The vendor’s document does not support restoring the analytics configuration over SFTP and FTP.'
