import type { MenuItemConstructorOptions } from 'electron'

/** Where a menu item leads: an address of the router. */
export type GoTo = (address: string) => void

const pages = [
  ['Overview', '#/', '1'],
  ['Restore', '#/restore', '2'],
  ['Backups', '#/backups', '3'],
  ['Plans', '#/plans', '4'],
  ['Servers', '#/servers', '5'],
  ['Runs', '#/runs', '6'],
  ['Proofs', '#/proofs', '7'],
  ['Settings', '#/settings', ','],
] as const

/** The application's menu. Roles bring each platform's own words and keys; no reload, no developer tools. */
export function menuTemplate(platform: NodeJS.Platform, goTo: GoTo): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin'
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    { label: '&File', submenu: [{ role: 'close' }, ...(mac ? [] : [{ role: 'quit' } as const])] },
    { role: 'editMenu' },
    {
      label: '&Go',
      submenu: pages.map(([label, address, key]) => ({
        label,
        accelerator: `CmdOrCtrl+${key}`,
        click: () => goTo(address),
      })),
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ]
}
