import t from 'tap'
import { parseRegistrySettings } from '../../samples/kit/registry-settings.ts'

const CONSUL_HTTP_ADDR = '127.0.0.1:8500'

t.test('an address is enough', async (t) => {
  t.strictSame(parseRegistrySettings({ CONSUL_HTTP_ADDR }), {
    url: 'http://127.0.0.1:8500',
    token: null,
    weight: 1,
    zone: null,
    advertiseAddress: null,
    deregisterDelayMs: 0
  })
  t.equal(parseRegistrySettings({ CONSUL_HTTP_ADDR: 'https://consul.internal/base/' })?.url, 'https://consul.internal/base')
  t.equal(parseRegistrySettings({ CONSUL_HTTP_ADDR: '[::1]:8500' })?.url, 'http://[::1]:8500')
})

const wrong: readonly (readonly [string, string])[] = [
  ['CONSUL_HTTP_ADDR', 'unix:///var/run/consul.sock'],
  ['CONSUL_HTTP_ADDR', '127.0.0.1:many'],
  ['WEIGHT', '0'],
  ['WEIGHT', '65536'],
  ['WEIGHT', '1.5'],
  ['DEREGISTER_DELAY_MS', '1s'],
  ['DEREGISTER_DELAY_MS', '10001']
]
for (const [name, value] of wrong) {
  t.test(`${name}=${value} is refused`, async (t) => {
    t.throws(() => parseRegistrySettings({ CONSUL_HTTP_ADDR, [name]: value }), { name: 'SettingError', message: new RegExp(`^${name} must be`) })
  })
}
