import type { UserStore } from './store.ts'

const users = [
  { id: 'u-1', name: 'Ada Lovelace', email: 'ada@example.com' },
  { id: 'u-2', name: 'Grace Hopper', email: 'grace@example.com' }
]

/** Adds the sample users that are missing; one that was changed stays as it is. */
export function seedUsers(store: UserStore): void {
  for (const { id, ...details } of users) store.create(details, id)
}
