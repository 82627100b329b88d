import { randomBytes } from 'node:crypto'

/** What the most obliging of upstreams would serve: decoded once, lower case, no parameters, dots and empty segments resolved. */
function resource(url: string): string {
  const path = url.split('?')[0] as string
  const decoded = path
    .replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .toLowerCase()
    .replaceAll('\\', '/')
    .split('\0')[0] as string
  const kept: string[] = []
  for (const segment of decoded.split('/')) {
    const plain = segment.split(';')[0] as string
    if (plain === '..') kept.pop()
    else if (plain !== '' && plain !== '.') kept.push(plain)
  }
  return `/${kept.join('/')}`
}

/** One is protected by an address filter, one by tokens. */
export const isProtected = (url: string): boolean => /^\/(?:admin|reports)(?:\/|$)/.test(resource(url))

export const KNOWN = [
  '/admin',
  '/admin/',
  '/admin/x',
  '/./admin/x',
  '/admin%2fx',
  '/admin;/x',
  '/ADMIN/x',
  '/admin%00/x',
  '/%61dmin/x',
  '//admin/x',
  '/a/../admin/x',
  '/a/%2e%2e/admin/x',
  '/admin;a=b/x',
  '/;x/admin/x',
  '/a/..;/admin/x',
  '/admin\\x',
  '/admin%5cx',
  '/%2561dmin/x',
  '/Admin/',
  '/admin;',
  '/admin/.',
  '/admin/%2e',
  '/;/admin/x',
  '/%2fadmin/x',
  '/x/%2e%2e;y/admin',
  '/%41DMIN',
  '/a%2f..%2fadmin/x',
  '/x%3b/../admin',
  '/admin%',
  '/admin/x%2f',
  'http://a/admin/x',
  'http://a/%61dmin/x',
  '/admin?x',
  '/admin#x',
  '/admin%23x',
  '/%2e/admin/x',
  '/admin/../admin/x',
  '/;%2f..%2fadmin',
  '/admin%3b',
  '/admin%3Bx/y',
  '/%3b/admin/x'
]
export const PIECES = [
  '/',
  '/',
  '/',
  'admin',
  'admin',
  'ADMIN',
  'aDmIn',
  '%61dmin',
  'adm%69n',
  '%41dmin',
  '.',
  '..',
  '%2e',
  '%2E%2e',
  ';',
  ';x',
  ';a=b',
  '%2f',
  '%2F',
  '%5c',
  '%25',
  '%2561dmin',
  '%00',
  'x',
  '?',
  '%20',
  '%3b',
  '%3B'
]

export const REPORTS = [...KNOWN.map((target) => target.replaceAll(/admin/gi, 'reports')), '/reports/%61', '/%72eports/x', '/REPORTS']

/** The same pieces for the other route; words of one letter more must stay apart from it. */
export const MORE_PIECES = ['reports', 'reports', 'REPORTS', 'rePorts', '%72eports', 'report%73', '%52eports', 'reportsx', 'adminx']

/** A document whose public path alone has no plugin. */
export function protectedRoutes(originUrl: string): string {
  return `upstreams: { origin: { endpoints: ["${originUrl}"] } }
routes:
  - { name: admin, match: { path: /admin/* }, upstream: origin, plugins: { ip-filter: { deny: ["0.0.0.0/0", "::/0"] } } }
  - { name: admin-root, match: { path: /admin }, upstream: origin, plugins: { ip-filter: { deny: ["0.0.0.0/0", "::/0"] } } }
  - { name: reports, match: { path: "/reports/:id" }, upstream: origin, plugins: { jwt: { secret: "${randomBytes(32).toString('hex')}" } } }
  - { name: reports-below, match: { path: /reports/* }, upstream: origin, plugins: { jwt: { secret: "${randomBytes(32).toString('hex')}" } } }
  - { name: reports-root, match: { path: /reports }, upstream: origin, plugins: { jwt: { secret: "${randomBytes(32).toString('hex')}" } } }
  - { name: public, match: { path: /* }, upstream: origin }`
}
