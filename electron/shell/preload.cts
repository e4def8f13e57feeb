// Runs in the page's sandbox. Verbs only: the page never sees ipcRenderer or an event object.
const { contextBridge, ipcRenderer } = require('electron') as typeof import('electron')

contextBridge.exposeInMainWorld('drydock', {
  call: (id: string, name: string, input: unknown) =>
    ipcRenderer.invoke('rpc:call', id, name, input) as Promise<unknown>,
  cancel: (id: string) => ipcRenderer.send('rpc:cancel', id),
  on: (listener: (event: string, payload: unknown) => void) => {
    const heard = (_event: unknown, name: string, payload: unknown) => listener(name, payload)
    ipcRenderer.on('rpc:event', heard)
    return () => void ipcRenderer.off('rpc:event', heard)
  },
  choose: (what: unknown) => ipcRenderer.invoke('dialog:choose', what) as Promise<unknown>,
  save: (suggested: string, text: string) =>
    ipcRenderer.invoke('dialog:save', suggested, text) as Promise<unknown>,
})
