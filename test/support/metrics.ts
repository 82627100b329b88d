import { send } from './client.ts'

/** Values by series as they are written, such as `sallyport_streams_active{kind="websocket"}`. */
export type Exposition = ReadonlyMap<string, number>

export async function scrape(adminUrl: string): Promise<Exposition> {
  const { text } = await send(`${adminUrl}/metrics`)
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/ (?=\S+$)/) as [string, string])
  return new Map(samples.map(([series, value]) => [series, Number(value)]))
}

/** The series whose name and labels hold the text. */
export function seriesWith(exposition: Exposition, text: string): string[] {
  return [...exposition.keys()].filter((series) => series.includes(text))
}
