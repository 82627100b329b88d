/** Where each service listens when nothing else is said; the defaults of the addresses between services follow from it. */
export const defaultPorts = {
  users: 4001,
  products: 4002,
  orders: 4003,
  payments: 4004,
  inventory: 4005,
  notifications: 4006
} as const

export type ServiceName = keyof typeof defaultPorts
