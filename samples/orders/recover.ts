import type { Shop } from './shop.ts'
import { undo } from './undo.ts'

/** Longer than placing an order takes, so that it is nearly always one whose process died. */
const abandonedAfterMs = 120_000

/** Bounds the work of one round; the rest is for the next. */
const undosPerRound = 50

/**
 * Finishes what a crash or a service that was down has left: rejects orders that were never decided, and gives back
 * what rejected and cancelled ones still hold. Replicas may do this at the same time.
 */
export async function recover(shop: Shop): Promise<void> {
  const { store, log, now, newId } = shop
  for (const id of store.pendingSince(new Date(now().getTime() - abandonedAfterMs))) {
    const result = store.transition(id, 'rejected', 'The order was not completed in time')
    if (result?.moved) log.warn({ orderId: id }, 'an abandoned order was rejected')
  }
  for (const order of store.toUndo(undosPerRound)) await undo(shop, order, { requestId: newId() })
}
