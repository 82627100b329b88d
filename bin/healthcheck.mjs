// The image's HEALTHCHECK: exit 0 when the admin listener says that the gateway is ready, 1 otherwise.
import { get } from 'node:http'

const url = process.env.SALLYPORT_HEALTH_URL ?? 'http://127.0.0.1:9901/readyz'

const request = get(url, { agent: false, timeout: 2000 }, (response) => {
  response.resume()
  if (response.statusCode !== 200) console.error(`${url} answered ${response.statusCode}`)
  process.exitCode = response.statusCode === 200 ? 0 : 1
})
request.on('timeout', () => request.destroy(new Error('no answer within 2 s')))
request.on('error', (error) => {
  console.error(`${url}: ${error.message}`)
  process.exitCode = 1
})
