export type OrderStatus = 'pending' | 'confirmed' | 'rejected' | 'shipped' | 'cancelled' | 'delivered'

/** The life of an order; what is not listed here does not happen. */
const nextStatuses: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ['confirmed', 'rejected'],
  confirmed: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  rejected: [],
  cancelled: [],
  delivered: []
}

export function nextStatusesOf(status: OrderStatus): readonly OrderStatus[] {
  return nextStatuses[status]
}

export function isTransition(from: OrderStatus, to: OrderStatus): boolean {
  return nextStatuses[from].includes(to)
}

/** An order that ends like this keeps neither stock nor money. */
export function isUndone(status: OrderStatus): boolean {
  return status === 'rejected' || status === 'cancelled'
}
