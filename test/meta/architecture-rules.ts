import { dirname, posix } from 'node:path'
import { codeOnly } from './code-text.ts'
import { lineAt, type SourceFile } from './source-files.ts'

interface Layer {
  /** A folder with `/` at its end, or a file. The longest one that fits a file is its layer. */
  readonly at: string
  /** Folders and files of this repository, besides its own, that it may import. `*` is everything but the wiring. */
  readonly mayImport: readonly string[]
  /** npm packages and `node:` modules it may import; absent: any that PACKAGES leaves to it. */
  readonly packages?: readonly string[]
}

/**
 * Who puts the house together, and so may import everything; nobody else imports them. A worker is a whole gateway, put together from messages
 * in a thread of its own, and its supervisor does once what a gateway does for itself.
 */
const WIRING = ['src/gateway.ts', 'src/gateway/', 'src/workers/', 'src/main.ts', 'src/cli/']

const LAYERS: readonly Layer[] = [
  { at: 'src/errors.ts', mayImport: [], packages: ['@fastify/error'] },
  { at: 'src/policy/', mayImport: [], packages: [] },
  { at: 'src/routing/', mayImport: [], packages: [] },
  { at: 'src/plugin-api/', mayImport: ['src/errors.ts', 'src/policy/limiter/types.ts'] },
  { at: 'src/system/', mayImport: ['src/plugin-api/'] },
  { at: 'src/config/', mayImport: ['src/routing/', 'src/policy/', 'src/plugin-api/', 'src/errors.ts'] },
  { at: 'src/proxy/', mayImport: ['src/policy/', 'src/plugin-api/', 'src/errors.ts'] },
  // The front door hands each request to the current generation.
  { at: 'src/http/', mayImport: ['src/plugin-api/', 'src/errors.ts', 'src/proxy/', 'src/config/plan.ts', 'src/generation/'] },
  { at: 'src/upstream/', mayImport: ['src/proxy/', 'src/policy/', 'src/plugin-api/', 'src/errors.ts', 'src/config/plan.ts'] },
  {
    at: 'src/discovery/',
    mayImport: [
      'src/policy/',
      'src/plugin-api/',
      'src/errors.ts',
      'src/config/plan.ts',
      'src/config/plan-discovery.ts',
      'src/config/address.ts',
      'src/upstream/tls-options.ts'
    ]
  },
  { at: 'src/registry/', mayImport: ['src/plugin-api/'] },
  { at: 'src/stores/', mayImport: ['src/policy/', 'src/plugin-api/', 'src/errors.ts', 'src/config/plan.ts'] },
  {
    at: 'src/telemetry/',
    mayImport: ['src/discovery/events.ts', 'src/proxy/', 'src/policy/', 'src/plugin-api/', 'src/errors.ts', 'src/config/plan.ts']
  },
  {
    at: 'src/generation/',
    // Telemetry because the children of metrics are bound when a generation is built, never per request.
    mayImport: ['src/config/', 'src/routing/', 'src/policy/', 'src/plugin-api/', 'src/errors.ts', 'src/http/', 'src/proxy/', 'src/telemetry/']
  },
  {
    at: 'src/simulation/',
    mayImport: [
      'src/config/',
      'src/routing/',
      'src/policy/',
      'src/plugin-api/',
      'src/errors.ts',
      'src/proxy/',
      'src/generation/',
      'src/telemetry/',
      'src/stores/leases/',
      'src/stores/memory/'
    ]
  },
  { at: 'src/admin/', mayImport: ['*'] },
  { at: 'src/', mayImport: ['*', 'samples/', 'plugins/', ...WIRING] },
  { at: 'plugins/index.ts', mayImport: ['plugins/', 'src/plugin-api/'] },
  { at: 'plugins/', mayImport: ['src/plugin-api/'] },
  { at: 'samples/', mayImport: [] }
]

/** Packages that only these places may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  undici: ['src/upstream/', 'src/discovery/http-client.ts'],
  ioredis: ['src/stores/', 'samples/'],
  '@fastify/redis': ['src/stores/', 'samples/'],
  'prom-client': ['src/telemetry/']
}

/** Time, randomness and the process come in through `src/system/` and the process edge, so that tests can hold them. */
const AMBIENT: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: 'Date.now', pattern: /(?<![.\w$])Date\.now\b/g },
  { name: 'new Date() without an argument', pattern: /\bnew Date\(\s*\)/g },
  { name: 'performance.now', pattern: /(?<![.\w$])performance\.now\b/g },
  // Not the method of that name: a socket's own `setTimeout` is a limit, not a timer of ours.
  { name: 'setTimeout', pattern: /(?<![.\w$])setTimeout\b/g },
  { name: 'setInterval', pattern: /(?<![.\w$])setInterval\b/g },
  { name: 'Math.random', pattern: /(?<![.\w$])Math\.random\b/g },
  // nextTick only orders work within one turn of the loop: nothing of the outside comes in through it.
  { name: 'process.', pattern: /(?<![.\w$])process\.(?!nextTick\b)/g }
]
const AMBIENT_ALLOWED = ['src/system/', 'src/main.ts', 'src/cli/', 'samples/']

export interface Violation {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** All breaches of the house rules in one file. `readme` is the text of the README beside a plugin, null elsewhere. */
export function violationsOf(file: SourceFile, readme: string | null): readonly Violation[] {
  return [...importViolations(file, readme), ...codeViolations(file)].toSorted((a, b) => a.line - b.line)
}

function importViolations(file: SourceFile, readme: string | null): readonly Violation[] {
  const layer = LAYERS.filter(({ at }) => file.path.startsWith(at)).toSorted((a, b) => b.at.length - a.at.length)[0]
  if (layer === undefined) return []
  return importsOf(file.text).flatMap(({ specifier, line }) => {
    const message = specifier.startsWith('.') ? judgeFile(file.path, layer, specifier) : judgePackage(file.path, layer, packageOf(specifier), readme)
    return message === null ? [] : [{ path: file.path, line, message }]
  })
}

function judgeFile(path: string, layer: Layer, specifier: string): string | null {
  const target = posix.normalize(posix.join(posix.dirname(path), specifier))
  if (isUnder(target, [homeOf(path, layer)]) || isUnder(target, layer.mayImport)) return null
  if (isUnder(path, WIRING)) return null
  if (layer.mayImport.includes('*') && target.startsWith('src/') && !isUnder(target, WIRING)) return null
  return `imports ${target}, which ${layer.at} must not`
}

function judgePackage(path: string, layer: Layer, name: string, readme: string | null): string | null {
  const places = PACKAGES[name]
  if (places !== undefined && !isUnder(path, places)) return `imports ${name}, which belongs to ${places.join(' and ')}`
  if (layer.packages !== undefined && !layer.packages.includes(name)) return `imports ${name}, which ${layer.at} must not`
  const isOwnPackage = name.startsWith('node:') || name === 'fastify' || readme === null || readme.includes(name)
  return isOwnPackage ? null : `imports ${name}, which the plugin's README does not name`
}

/** The part of the house that a file may always import from: its layer, or its own folder for one plugin. */
function homeOf(path: string, layer: Layer): string {
  return layer.at === 'plugins/' ? `${path.split('/').slice(0, 2).join('/')}/` : layer.at
}

function codeViolations(file: SourceFile): readonly Violation[] {
  const code = codeOnly(file.text)
  const found: Violation[] = []
  const report = (pattern: RegExp, message: string): void => {
    for (const { index } of code.matchAll(pattern)) found.push({ path: file.path, line: lineAt(code, index), message })
  }
  if (!isUnder(file.path, AMBIENT_ALLOWED)) {
    for (const { name, pattern } of AMBIENT) report(pattern, `uses ${name}; take it from deps, or from src/system/ by injection`)
  }
  // Each defines a getter of its own, and the hidden class that comes of it keeps the pipeline with all of its calls until the next full collection.
  if (file.path.startsWith('src/stores/'))
    report(/\.(?:pipeline|multi)\(/g, 'uses a pipeline of ioredis, which makes every collection of young objects long')
  if (!file.path.startsWith('samples/')) report(/^(?:export )?let\b/gm, 'has a top-level `let`; state belongs to an object that somebody owns')
  return found
}

function importsOf(text: string): readonly { readonly specifier: string; readonly line: number }[] {
  const code = codeOnly(text, { keepStrings: true })
  const pattern = /^(?:import|export)\b[^'"`;=]*?from\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm
  return [...code.matchAll(pattern)].map((found) => {
    const specifier = found[1] ?? found[2] ?? found[3] ?? ''
    return { specifier, line: lineAt(code, found.index + found[0].length) }
  })
}

/** `typebox` of `typebox/compile`, `@fastify/jwt` of `@fastify/jwt/x`; `node:` modules as they are. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isUnder(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || (place !== '*' && path.startsWith(place)))
}

/** The README beside a plugin's file: `plugins/jwt/README.md` for `plugins/jwt/keys.ts`. */
export function readmePathOf(path: string): string | null {
  return path.startsWith('plugins/') && dirname(path) !== 'plugins' ? `${path.split('/').slice(0, 2).join('/')}/README.md` : null
}
