// The least that a proxy on this runtime can do: node:http and undici's dispatch, raw fields as a flat array, one write per answer.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Dispatcher, Pool } from 'undici'
import { reportCpu } from './report-cpu.ts'

const pool = new Pool(process.argv[2] ?? '', { allowH2: false })
const server = http.createServer((request, response) => {
  let fields: string[] = []
  let status = 0
  let held: Buffer | null = null
  pool.dispatch(
    { method: 'GET', path: request.url ?? '/', headers: request.rawHeaders.filter((_, i, all) => !/^(?:connection|host)$/i.test(all[i & ~1] ?? '')) },
    {
      onRequestStart() {},
      onResponseStart(controller: Dispatcher.DispatchController, code: number) {
        status = code
        fields = (controller.rawHeaders as Buffer[])
          .map((text) => text.toString('latin1'))
          .filter((_, i, all) => !/^(?:connection|keep-alive)$/i.test(all[i & ~1] ?? ''))
      },
      onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer) {
        held = held === null ? chunk : Buffer.concat([held, chunk])
      },
      onResponseEnd() {
        response.writeHead(status, fields).end(held)
      },
      onResponseError() {
        response.writeHead(502).end()
      }
    }
  )
})
server.listen(0, '127.0.0.1', () => reportCpu((server.address() as AddressInfo).port))
