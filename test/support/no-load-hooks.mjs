/**
 * Loaded before all else in each test process and in those that it starts. tap has each module pass hooks that note for coverage which files
 * were loaded; coverage is off, and the hooks more than double what a process needs to start.
 */
import module from 'node:module'
import process from 'node:process'

module.registerHooks = () => ({ deregister() {} })
process.env.NODE_OPTIONS = `--import=${import.meta.url}`
