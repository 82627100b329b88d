import type { Connection } from './connection.ts'
import { EXISTS, GET_CHILDREN_2, GET_DATA, NO_NODE, ZookeeperError } from './protocol.ts'

/** Names of a node's children, and a watch for the next change of them; null without a watch when there is no such node. */
export async function getChildren(connection: Connection, path: string): Promise<readonly string[] | null> {
  const reader = await unlessMissing(connection.request(GET_CHILDREN_2, (writer) => writer.text(path).bool(true)))
  return reader?.texts() ?? null
}

/** What a node holds, and a watch for the next change of it; null without a watch when there is no such node. */
export async function getData(connection: Connection, path: string): Promise<Buffer | null> {
  const reader = await unlessMissing(connection.request(GET_DATA, (writer) => writer.text(path).bool(true)))
  return reader?.buffer() ?? null
}

/** Whether there is such a node, and a watch for the next change of that. */
export async function exists(connection: Connection, path: string): Promise<boolean> {
  return (await unlessMissing(connection.request(EXISTS, (writer) => writer.text(path).bool(true)))) !== null
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ZookeeperError && error.code === NO_NODE) return null
    throw error
  }
}
