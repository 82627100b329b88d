import t from 'tap'
import { metric } from '../support/admin.ts'
import { type Answer, eventually, send } from '../support/client.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { startRawOrigin, startRecordingOrigin } from '../support/origin.ts'
import { type ClockedGateway, DEAD, startShop, upstreamOf } from './kit.ts'

/** Lets time pass until the answer is there. */
async function sendInTime(gateway: ClockedGateway): Promise<Answer> {
  let done = false
  const answer = send(gateway.url).finally(() => {
    done = true
  })
  await eventually(() => {
    gateway.clock.advance(5)
    return done
  })
  return answer
}

t.test('with nothing configured but three endpoints, one that refuses is left out after a few retries', async (t) => {
  const [a, b] = [await startRecordingOrigin(t), await startRecordingOrigin(t)]
  const gateway = await startShop(t, `{ endpoints: ["${a.url}", "${DEAD}", "${b.url}"] }`)
  for (let i = 0; i < 60; i++) t.equal((await sendInTime(gateway)).status, 200)
  t.match(await upstreamOf(gateway), { endpoints: [{ state: 'available' }, { state: 'ejected' }, { state: 'available' }] })
  t.equal(await metric(gateway, 'sallyport_upstream_retries_total{upstream="shop",reason="connect-failure"}'), 5)
})

t.test('and so is one that breaks each connection', async (t) => {
  const good = await startRecordingOrigin(t)
  const bad = await startRawOrigin(t, (socket) => socket.on('error', () => {}).once('data', () => socket.resetAndDestroy()))
  const gateway = await startShop(t, `{ endpoints: ["${good.url}", "${bad.url}"] }`)
  for (let i = 0; i < 40; i++) t.equal((await sendInTime(gateway)).status, 200)
  t.match(await upstreamOf(gateway), { endpoints: [{ state: 'available' }, { state: 'ejected' }] })
})

t.test('one that hangs is left out beside one that is dead already', async (t) => {
  const good = await startRecordingOrigin(t)
  const hanging = await startHeldOrigin(t)
  const rules = 'timeouts: { perTry: 500ms }, retry: {}, outlierDetection: { ejectFor: 5m }'
  const gateway = await startShop(t, `{ endpoints: ["${good.url}", "${DEAD}", "${hanging.url}"], ${rules} }`)
  for (let i = 0; i < 40; i++) t.equal((await sendInTime(gateway)).status, 200)
  t.match(await upstreamOf(gateway), { endpoints: [{ state: 'available' }, { state: 'ejected' }, { state: 'ejected' }] })
  t.equal(hanging.accepted, 5)
})
