// Stands in for actions/download-artifact v8.0.1: the same inputs, outputs and
// folders, as far as chart-matrix uses them. STAND_INS: see ../upload/main.js.
'use strict'
const fs = require('fs')
const path = require('path')
const load = require('module').createRequire(path.join(process.env.STAND_INS, 'package.json'))
const { default: artifacts } = load('@actions/artifact')
const { Minimatch } = load('minimatch')

const input = name => (process.env['INPUT_' + name.toUpperCase()] || '').trim()

async function main () {
  const folder = path.resolve(input('path'))
  const all = (await artifacts.listArtifacts({ latest: true })).artifacts
  let found = all
  if (input('name')) {
    found = all.filter(a => a.name === input('name'))
    if (found.length === 0) throw new Error(`Unable to download artifact(s): Artifact not found for name: ${input('name')}`)
  } else if (input('pattern')) {
    const matcher = new Minimatch(input('pattern'))
    found = all.filter(a => matcher.match(a.name))
  }
  // An artifact that is alone gets no folder of its own, whether it was named or
  // happened to be the only one that matches.
  const flat = input('name') || input('merge-multiple') === 'true' || found.length === 1
  for (const { id, name } of found) {
    await artifacts.downloadArtifact(id, { path: flat ? folder : path.join(folder, name) })
    console.log(`downloaded ${name}`)
  }
  fs.appendFileSync(process.env.GITHUB_OUTPUT, `download-path=${folder}\n`)
}

main().catch(error => {
  console.log(`::error::${error.message}`)
  process.exitCode = 1
})
