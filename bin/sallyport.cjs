#!/usr/bin/env node
'use strict'
// Plain old JavaScript on purpose: a Node too old for the gateway must still be able to read this file and say so.

var childProcess = require('child_process')
var fs = require('fs')
var path = require('path')
var url = require('url')

// Type stripping is stable from here on.
var MINIMUM = [24, 12]

function isNewEnough(version) {
  var parts = version.split('.')
  var major = Number(parts[0])
  return major > MINIMUM[0] || (major === MINIMUM[0] && Number(parts[1]) >= MINIMUM[1])
}

/** The Node that this project's optional dependencies bring along; null where they are left out or it is too old itself. */
function findBundledNode() {
  var name = process.platform === 'win32' ? 'node.exe' : 'node'
  // Beside the checkout's own modules, or beside this package where it is a dependency of another.
  var folders = [path.join(__dirname, '..', 'node_modules'), path.join(__dirname, '..', '..')]
  for (var i = 0; i < folders.length; i++) {
    var files = [
      path.join(folders[i], '.bin', name),
      path.join(folders[i], 'node-' + (process.platform === 'win32' ? 'win' : process.platform) + '-' + process.arch, 'bin', name)
    ]
    for (var k = 0; k < files.length; k++) {
      if (fs.existsSync(files[k])) {
        var answer = childProcess.spawnSync(files[k], ['-p', 'process.versions.node'], { encoding: 'utf8' })
        if (answer.status === 0 && isNewEnough(answer.stdout.trim())) return files[k]
      }
    }
  }
  return null
}

/** Runs this file again under another Node and ends as that process ends. */
function runUnder(node) {
  var child = childProcess.spawn(node, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' })
  var forward = function (signal) {
    child.kill(signal)
  }
  // At a terminal Ctrl-C reaches both processes: forwarding it would make two of it.
  process.on('SIGINT', process.stdin.isTTY ? function () {} : forward)
  process.on('SIGTERM', forward)
  process.on('SIGHUP', forward)
  child.on('error', function (error) {
    console.error('sallyport: cannot start ' + node + ': ' + error.message)
    process.exit(1)
  })
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code)
    // The same end as the child's, so that a shell or a supervisor sees the signal.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The sources in a checkout; the compiled program in an image, or where Node would not strip types (inside node_modules). */
function findMain() {
  var source = path.join(__dirname, '..', 'src', 'main.ts')
  var compiled = path.join(__dirname, '..', 'dist', 'src', 'main.js')
  var isInstalled = __dirname.split(path.sep).indexOf('node_modules') !== -1
  return fs.existsSync(compiled) && (isInstalled || !fs.existsSync(source)) ? compiled : source
}

if (isNewEnough(process.versions.node)) {
  import(url.pathToFileURL(findMain()).href).catch(function (error) {
    console.error(error)
    process.exit(1)
  })
} else {
  var node = findBundledNode()
  if (node === null) {
    console.error(
      'sallyport needs Node ' +
        MINIMUM.join('.') +
        ' or newer, but this is Node ' +
        process.versions.node +
        '; install a newer one, or run "npm ci" with optional dependencies, which bring one along.'
    )
    process.exit(1)
  } else {
    runUnder(node)
  }
}
