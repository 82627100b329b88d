import { eventually } from './client.ts'
import type { Teardown, TestGateway } from './gateway.ts'
import { field, RawConnection } from './raw-client.ts'

/** The part of tap that says whether a case went well. */
export interface Judge extends Teardown {
  same(found: unknown, wanted: unknown, message: string): unknown
  fail(message: string): unknown
}

/**
 * Sends one request as it stands, with more behind it, and expects one refusal of the gateway's own: problem+json with its cause, a line in
 * the log, and the connection closed without another answer.
 */
export async function expectRefusal(t: Judge, gateway: TestGateway, name: string, request: string, status: number, code: string): Promise<void> {
  const client = await RawConnection.open(t, gateway.port)
  client.write(request)
  try {
    const response = await client.response()
    const body = JSON.parse(response.body.toString()) as { code: string; requestId: string }
    t.same(
      [response.status, body.code, field(response.fields, 'content-type'), field(response.fields, 'connection')],
      [status, code, 'application/problem+json', 'close'],
      name
    )
    const rest = await client.rest()
    if (rest !== '') t.fail(`${name}: more came after the refusal: ${JSON.stringify(rest)}`)
    await eventually(() => gateway.log.some((line) => line['requestId'] === body.requestId))
  } catch (error) {
    t.fail(`${name}: ${String(error)}`)
  }
  client.destroy()
}
