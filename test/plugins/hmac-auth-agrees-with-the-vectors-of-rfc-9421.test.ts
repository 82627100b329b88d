import { createPublicKey, createSecretKey } from 'node:crypto'
import t from 'tap'
import { signatureBase } from '../../plugins/hmac-auth/components.ts'
import { isSignedBy, type Algorithm } from '../../plugins/hmac-auth/keys.ts'
import type { SignedMessage } from '../../plugins/hmac-auth/message.ts'
import { parseDictionary, type InnerList } from '../../plugins/hmac-auth/structured-fields.ts'

const publicKey = (base64: string) => createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })

// RFC 9421, appendix B.1: the public halves, and the shared secret that the RFC publishes.
const keys = {
  rsa: publicKey(
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+' +
      'oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W' +
      'Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI' +
      '2wIDAQAB'
  ),
  ec: publicKey('MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ=='),
  ed25519: publicKey('MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs='),
  secret: createSecretKey(Buffer.from('uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==', 'base64'))
}

const DIGEST = 'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:'
const FIELDS: Readonly<Record<string, string>> = {
  date: 'Tue, 20 Apr 2021 02:07:55 GMT',
  'content-type': 'application/json',
  'content-digest': DIGEST,
  'content-length': '18'
}

/** `test-request` of appendix B.2. */
const request: SignedMessage = {
  method: 'POST',
  scheme: 'https',
  authority: 'example.com',
  path: '/foo',
  query: '?param=Value&Pet=dog',
  hasBody: true,
  lines: (name) => [FIELDS[name] ?? []].flat()
}

interface Vector {
  readonly name: string
  readonly key: keyof typeof keys
  readonly algorithm: Algorithm
  readonly input: string
  /** Without the line of the parameters. */
  readonly base: readonly string[]
  readonly signature: string
}

const vectors: readonly Vector[] = [
  {
    name: 'B.2.1',
    key: 'rsa',
    algorithm: 'rsa-pss-sha512',
    input: '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
    base: [],
    signature:
      'd2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrW' +
      'H5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WS' +
      'b/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q=='
  },
  {
    name: 'B.2.2',
    key: 'rsa',
    algorithm: 'rsa-pss-sha512',
    input: '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
    base: ['"@authority": example.com', `"content-digest": ${DIGEST}`, '"@query-param";name="Pet": dog'],
    signature:
      'LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0' +
      'nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ9' +
      '9PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw=='
  },
  {
    name: 'B.2.3',
    key: 'rsa',
    algorithm: 'rsa-pss-sha512',
    input:
      '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
    base: [
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@method": POST',
      '"@path": /foo',
      '"@query": ?param=Value&Pet=dog',
      '"@authority": example.com',
      '"content-type": application/json',
      `"content-digest": ${DIGEST}`,
      '"content-length": 18'
    ],
    signature:
      'bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DF' +
      'll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8' +
      'Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA=='
  },
  {
    name: 'B.2.5',
    key: 'secret',
    algorithm: 'hmac-sha256',
    input: '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    base: ['"date": Tue, 20 Apr 2021 02:07:55 GMT', '"@authority": example.com', '"content-type": application/json'],
    signature: 'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8='
  },
  {
    name: 'B.2.6',
    key: 'ed25519',
    algorithm: 'ed25519',
    input: '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    base: [
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@method": POST',
      '"@path": /foo',
      '"@authority": example.com',
      '"content-type": application/json',
      '"content-length": 18'
    ],
    signature: 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=='
  }
]

for (const { name, key, algorithm, input, base, signature } of vectors) {
  t.test(`the signature base of ${name} is that of the RFC, and its signature is good`, async (t) => {
    const list = parseDictionary(`sig=${input}`)?.get('sig') as InnerList
    const built = signatureBase(request, list) ?? ''
    t.equal(built, [...base, `"@signature-params": ${input}`].join('\n'))
    t.equal(isSignedBy(keys[key], algorithm, built, Buffer.from(signature, 'base64')), true)
    t.equal(isSignedBy(keys[key], algorithm, `${built} `, Buffer.from(signature, 'base64')), false, 'and of nothing else')
  })
}

t.test('the signature of the answer in B.2.4 is good', async (t) => {
  const base = [
    '"@status": 200',
    '"content-type": application/json',
    '"content-digest": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
    '"content-length": 23',
    '"@signature-params": ("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"'
  ].join('\n')
  const signature = Buffer.from('wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==', 'base64')
  t.equal(isSignedBy(keys.ec, 'ecdsa-p256-sha256', base, signature), true)
  t.equal(isSignedBy(keys.ec, 'ecdsa-p256-sha256', `${base} `, signature), false)
})
