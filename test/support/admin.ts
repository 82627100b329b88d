import { send } from './client.ts'
import type { TestGateway } from './gateway.ts'

/** The value of one sample of the exposition; 0 when there is none. */
export async function metric(gateway: TestGateway, sample: string): Promise<number> {
  const { text } = await send(`${gateway.adminUrl}/metrics`)
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `))
  return line === undefined ? 0 : Number(line.slice(sample.length + 1))
}

/** Attempts that are running now. */
export function inFlight(gateway: TestGateway, upstream: string): Promise<number> {
  return metric(gateway, `sallyport_upstream_in_flight{upstream="${upstream}"}`)
}

/** All series of a metric together. */
export async function metricSum(gateway: TestGateway, name: string): Promise<number> {
  const { text } = await send(`${gateway.adminUrl}/metrics`)
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
