/**
 * Runs `work`, in which `document.createElement('style')` gives an element whose text goes into a constructed style
 * sheet. xterm writes its colours and sizes into `<style>` elements, which `style-src 'self'` forbids; a constructed
 * sheet is ours to make. `work` must be synchronous: nothing else on the page may meet the changed method.
 */
export function withoutStyleTags<T>(work: () => T): T {
  const create = document.createElement.bind(document)
  const make = (name: string, options?: ElementCreationOptions) =>
    name === 'style' ? sheetElement(create('span')) : create(name, options)
  document.createElement = make
  try {
    return work()
  } finally {
    // The one of the prototype shows again.
    Reflect.deleteProperty(document, 'createElement')
  }
}

/** Looks like a `<style>` to whoever sets its text, and takes its sheet along when it is removed. */
function sheetElement(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets.push(sheet)
  element.hidden = true
  Object.defineProperty(element, 'textContent', {
    get: () => '',
    set: (css: string) => sheet.replaceSync(css),
  })
  const remove = element.remove.bind(element)
  element.remove = () => {
    const at = document.adoptedStyleSheets.indexOf(sheet)
    if (at >= 0) document.adoptedStyleSheets.splice(at, 1)
    remove()
  }
  return element
}
