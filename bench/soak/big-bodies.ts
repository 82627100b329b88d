// One gigabyte down and one up: a gateway that streams needs no more memory for them than for a small request.
import http, { type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HEAD, residentMib, Scene } from './kit.ts'

const MIB = 1024 * 1024
const SIZE_MIB = 1024
const WARM_UP_MIB = 128
const MAX_ADDED_MIB = 64
const SAMPLE_MS = 20

/** The same piece again and again. */
function* pieces(mib: number): Generator<Buffer> {
  const piece = Buffer.alloc(MIB, 'x')
  for (let i = 0; i < mib; i++) yield piece
}

async function swallow(stream: Readable): Promise<number> {
  let bytes = 0
  for await (const chunk of stream) bytes += (chunk as Buffer).length
  return bytes
}

async function download(url: string, mib: number): Promise<number> {
  const [response] = (await once(http.get(`${url}/${mib}`, { agent: false }), 'response')) as [IncomingMessage]
  return swallow(response)
}

/** What the upstream says that it got. */
async function upload(url: string, mib: number): Promise<number> {
  const request = http.request(url, { method: 'PUT', agent: false, headers: { 'content-length': mib * MIB } })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  await pipeline(Readable.from(pieces(mib)), request)
  const [response] = await answered
  return Number(Buffer.concat(await response.toArray()).toString())
}

await Scene.run('big-bodies', async (scene) => {
  const origin = await scene.origin((request, response) => {
    if (request.method === 'PUT') void swallow(request).then((bytes) => response.end(String(bytes)))
    else Readable.from(pieces(Number(request.url?.slice(1)))).pipe(response)
  })
  writeFileSync(
    scene.file,
    `${HEAD}limits: { body: 2GiB }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  const gateway = await scene.gateway()
  const pid = gateway.child.pid as number
  for (const transfer of [download, upload]) await transfer(gateway.url, WARM_UP_MIB)
  const baseline = residentMib(pid)
  console.log(`  warmed baseline ${baseline.toFixed(1)} MiB`)

  for (const transfer of [download, upload]) {
    let peak = 0
    const sampler = setInterval(() => {
      peak = Math.max(peak, residentMib(pid))
    }, SAMPLE_MS)
    const from = performance.now()
    const bytes = await transfer(gateway.url, SIZE_MIB)
    const seconds = (performance.now() - from) / 1000
    clearInterval(sampler)
    scene.expect(`${transfer.name} of ${bytes} bytes, ${Math.round(SIZE_MIB / seconds)} MiB/s`, bytes === SIZE_MIB * MIB)
    scene.expect(`  peak ${peak.toFixed(1)} MiB, ${(peak - baseline).toFixed(1)} added`, peak > 0 && peak - baseline < MAX_ADDED_MIB)
  }
})
