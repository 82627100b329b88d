// Loaded into a gateway by `--import`: what the longest turn of the thread that serves has taken, in CPU time, which a busy machine lengthens
// far less than the time on the wall. SIGWINCH, which nothing else uses, writes it as a line of the log and begins anew.
let last = process.threadCpuUsage()
let longestMicros = 0

// In real milliseconds; several turns may fall between two looks, which makes the figure larger, never smaller.
setInterval(() => {
  const now = process.threadCpuUsage()
  longestMicros = Math.max(longestMicros, now.user + now.system - last.user - last.system)
  last = now
}, 1).unref()

process.on('SIGWINCH', () => {
  process.stdout.write(`${JSON.stringify({ msg: 'longest turn', ms: longestMicros / 1000 })}\n`)
  longestMicros = 0
})
