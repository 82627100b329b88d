import t from 'tap'
import { isConsumerField, isForwardingField, mayEndAtGateway, mayEndHere, REQUEST_DROP, RESPONSE_DROP } from '../../src/proxy/hop-by-hop.ts'

const FORWARDING = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-anything', 'x-real-ip', 'forwarded']
const CONSUMER = ['x-consumer-name', 'x-consumer-groups']

t.test('every field that ends at the gateway is looked at, in either letter case', (t) => {
  t.ok(FORWARDING.every(isForwardingField) && CONSUMER.every(isConsumerField))
  for (const name of [...REQUEST_DROP, ...FORWARDING, ...CONSUMER]) t.ok(mayEndHere(name) && mayEndHere(name.toUpperCase()), name)
  for (const name of [...RESPONSE_DROP, 'trailer']) t.ok(mayEndAtGateway(name), name)
  t.end()
})
