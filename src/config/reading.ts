import { isMap, type JsonMap } from './prepare.ts'

// The semantic checks also run over documents with other mistakes in them, where nothing has its type for certain.

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function mapOf(value: unknown): Readonly<JsonMap> {
  return isMap(value) ? value : {}
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
