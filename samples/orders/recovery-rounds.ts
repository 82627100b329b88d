import type { ServiceApp } from '../kit/type-provider.ts'
import { recover } from './recover.ts'
import type { Shop } from './shop.ts'

/** Recovers when the service starts to listen and then in rounds, never two at a time. The stop waits for a running one. */
export function registerRecoveryRounds(app: ServiceApp, shop: Shop, everyMs: number): void {
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()
  let stopped = false

  const run = (): void => {
    round = recover(shop)
      .catch((error: unknown) => {
        shop.log.error({ err: error }, 'recovery failed')
      })
      .finally(() => {
        if (!stopped) timer = setTimeout(run, everyMs)
      })
  }
  app.addHook('onListen', async () => {
    run()
  })
  app.addHook('onClose', async () => {
    stopped = true
    clearTimeout(timer)
    await round
  })
}
