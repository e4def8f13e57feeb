import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  BrowserWindow,
  Menu,
  app,
  dialog,
  ipcMain,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  session,
} from 'electron'
import type { IpcMainEvent, IpcMainInvokeEvent } from 'electron'
import { stateFolder } from '../engine/state/state-folder.ts'
import { readVersion } from '../engine/state/package-folder.ts'
import { openService } from '../engine/service/index.ts'
import type { RunSnapshot } from '../../shared/contract/run.ts'
import { menuTemplate } from './menu.ts'
import {
  contentType,
  mayCall,
  mayNavigate,
  mayUse,
  origin,
  pageHeaders,
  pagePath,
  scheme,
  windowOptions,
} from './policies.ts'
import { chooseOptions, isChoice, isSaving } from './dialogs.ts'
import { WindowCalls } from './serve-window.ts'
import { UnderWay, closingQuestion } from './under-way.ts'

// The whole desktop shell: Electron's events bound to policies that are tested without it. What can be wrong here is
// only the binding, and that runs under Playwright wherever an Electron binary exists.

const pages = new URL('../../renderer/', import.meta.url)
const preload = fileURLToPath(new URL('./preload.cjs', import.meta.url))

protocol.registerSchemesAsPrivileged([
  { scheme, privileges: { standard: true, secure: true, codeCache: true } },
])
app.enableSandbox()

if (!app.requestSingleInstanceLock()) app.quit()
else void app.whenReady().then(open)

async function open(): Promise<void> {
  const opened = await openService({
    home: stateFolder(process.env),
    env: process.env,
    version: readVersion(),
    shell: 'desktop',
  })
  const { service } = opened
  protocol.handle(scheme, servePage)
  session.defaultSession.setPermissionRequestHandler((_page, permission, answer) =>
    answer(mayUse(permission)),
  )
  session.defaultSession.setPermissionCheckHandler((_page, permission) => mayUse(permission))
  app.on('web-contents-created', (_event, contents) => {
    for (const moving of ['will-navigate', 'will-redirect', 'will-frame-navigate'] as const)
      contents.on(moving as 'will-navigate', event => {
        if (!mayNavigate(event.url)) event.preventDefault()
      })
    contents.on('will-attach-webview', event => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  })

  const window = new BrowserWindow(windowOptions(preload))
  const calls = new WindowCalls(service)
  const ours = (event: IpcMainEvent | IpcMainInvokeEvent) =>
    mayCall({
      url: event.senderFrame?.url ?? '',
      isMainFrame: event.senderFrame === event.sender.mainFrame,
      windowIsOurs: event.sender.id === window.webContents.id,
    })
  ipcMain.handle('rpc:call', (event, id: unknown, name: unknown, input: unknown) =>
    ours(event) ? calls.call(id, name, input) : null,
  )
  ipcMain.on('rpc:cancel', (event, id: unknown) => {
    if (ours(event)) calls.cancel(id)
  })
  ipcMain.handle('dialog:choose', async (event, what: unknown) => {
    if (!ours(event) || !isChoice(what)) return null
    const { canceled, filePaths } = await dialog.showOpenDialog(window, chooseOptions(what))
    return canceled ? null : (filePaths[0] ?? null)
  })
  ipcMain.handle('dialog:save', async (event, suggested: unknown, text: unknown) => {
    if (!ours(event) || !isSaving(suggested, text)) return null
    const { canceled, filePath } = await dialog.showSaveDialog(window, { defaultPath: suggested as string })
    if (canceled || !filePath) return null
    await writeFile(filePath, text as string)
    return filePath
  })
  window.webContents.on('did-start-navigation', details => {
    if (details.isMainFrame && !details.isSameDocument) calls.drop()
  })

  const runs = new UnderWay()
  let blocker: number | null = null
  service.subscribe((event, payload) => {
    if (!window.isDestroyed()) window.webContents.send('rpc:event', event, payload)
    if (event !== 'run.changed') return
    runs.note(payload as RunSnapshot)
    if (runs.wantsAwake && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
    if (!runs.wantsAwake && blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
    }
  })
  powerMonitor.on('resume', () => opened.recheck())

  let quitting = false
  const quit = async () => {
    quitting = true
    await opened.close()
    app.exit(0)
  }
  window.on('close', event => {
    if (quitting) return
    event.preventDefault()
    const question = closingQuestion(runs.list)
    if (question === null) return void quit()
    void dialog
      .showMessageBox(window, {
        ...question,
        type: 'question',
        buttons: [...question.buttons],
        defaultId: 0,
        cancelId: 2,
      })
      .then(({ response }) => {
        if (response === 0) window.hide()
        if (response === 1) void quit()
      })
  })
  const show = () => {
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }
  app.on('second-instance', show)
  app.on('activate', show)
  app.on('before-quit', event => {
    if (quitting) return
    event.preventDefault()
    window.close()
  })
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate(process.platform, address => void window.loadURL(`${origin}/${address}`)),
    ),
  )
  window.once('ready-to-show', show)
  await window.loadURL(`${origin}/`)
}

async function servePage(request: Request): Promise<Response> {
  const path = pagePath(request.url)
  const type = path === null ? null : contentType(path)
  if (path === null || type === null) return new Response(null, { status: 404, headers: pageHeaders })
  try {
    const body = await readFile(new URL(path, pages))
    return new Response(new Uint8Array(body), { headers: { ...pageHeaders, 'content-type': type } })
  } catch {
    return new Response(null, { status: 404, headers: pageHeaders })
  }
}
