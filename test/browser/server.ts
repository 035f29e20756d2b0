/** Serves pages to a browser on this machine: texts made beforehand and files, by path. Anything else is not found. */

import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname } from 'node:path'

/** A text with the ending that its type is known by, or a file. */
export type Served = { readonly text: string } | { readonly file: string }

export interface PageServer {
  /** Without a slash at the end. */
  readonly origin: string
  close(): void
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
}

/** `find` gets a path without the slash at its start; '' is the page itself. Port 0: any that is free. */
export function servePages(find: (path: string) => Served | undefined, port = 0): Promise<PageServer> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1)
    if (path === 'favicon.ico') {
      // Browsers ask for it unasked.
      response.writeHead(204).end()
      return
    }
    const found = find(path)
    if (!found || ('file' in found && !existsSync(found.file))) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'content-type': path === '' ? types['.html'] : (types[extname(path)] ?? 'application/octet-stream'),
      'cache-control': 'no-store',
      // Pages that are apart from others get finer clocks.
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    })
    if ('text' in found) response.end(found.text)
    else createReadStream(found.file).pipe(response)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') return reject(new Error('the server has no port'))
      const close = (): void => {
        server.close()
        server.closeAllConnections()
      }
      resolve({ origin: `http://127.0.0.1:${address.port}`, close })
    })
  })
}
