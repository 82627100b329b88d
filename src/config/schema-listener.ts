import { Type } from '../plugin-api/schema.ts'
import { CLOSED, Text } from './schema-parts.ts'

const CertificateFiles = Type.Object(
  {
    certFile: Text('PEM file of the certificate, followed by those of its issuers.'),
    keyFile: Text('PEM file of its private key.')
  },
  { ...CLOSED, description: 'A certificate with its key.' }
)

const ListenerTls = Type.Object(
  {
    certFile: Type.Optional(Text('PEM file of the only certificate, followed by those of its issuers. Changed files are used without a restart.')),
    keyFile: Type.Optional(Text('PEM file of its private key.')),
    certificates: Type.Optional(
      Type.Array(CertificateFiles, {
        description: 'Several certificates: each is shown to clients that ask for one of its names; the first to all others.',
        minItems: 1
      })
    ),
    minVersion: Type.Enum(['1.2', '1.3'], { description: 'Oldest version of TLS that is spoken.', default: '1.2' }),
    clientCert: Type.Enum(['none', 'optional', 'required'], {
      description: 'Whether clients are asked for a certificate; `required` refuses connections without a valid one.',
      default: 'none'
    }),
    clientCaFile: Type.Optional(Text('PEM file of the authorities of client certificates; needed unless `clientCert` is `none`.'))
  },
  { ...CLOSED, description: 'TLS towards clients.' }
)

/** One entry of `listeners`. */
export const Listener = Type.Object(
  {
    address: Text('`host:port`; `:8080` is every interface, `[::1]:8080` an IPv6 address.'),
    tls: Type.Optional(ListenerTls),
    http2: Type.Optional(
      Type.Boolean({ description: 'Whether clients may choose HTTP/2 in the TLS handshake; default `true` with `tls`. Not served without TLS.' })
    )
  },
  { ...CLOSED, description: 'An address that clients connect to.' }
)
