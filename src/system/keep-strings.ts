/**
 * Keeps what `text.charCodeAt(i)` and other methods of strings cost in this thread; for the effect of being imported, before anything else is.
 *
 * `class X extends String`, which ioredis has one of, makes V8 turn `String.prototype` into a dictionary, and never back. From then on each method is looked up in it
 * with each call, and optimized code calls a builtin for that: four times the cost for a loop over characters (docs/performance.md). A prototype that has been
 * gone through from an object is spared; strings are none, so that nobody ever does, unlike with arrays, maps and the like. For numbers the same holds.
 */
function goThroughPrototypes(): void {
  // Not seen until V8 collects what a function sees, which it does after some calls.
  for (let i = 0; i < CALLS; i++) {
    tagOf(new String(''))
    tagOf(new Number(0))
  }
}

/** Ten were enough; all of them take a tenth of a millisecond. */
const CALLS = 1000

/** Neither has one: it is looked for all along the prototypes. */
function tagOf(wrapper: object & { readonly [Symbol.toStringTag]?: string }): string | undefined {
  return wrapper[Symbol.toStringTag]
}

goThroughPrototypes()
