// Stands in for actions/upload-artifact v7.0.0: the same inputs, outputs and
// refusals, as far as chart-matrix uses them. STAND_INS names the folder with
// node_modules; an action of act's is copied for every step, so they are not in here.
'use strict'
const fs = require('fs')
const path = require('path')
const load = require('module').createRequire(path.join(process.env.STAND_INS, 'package.json'))
const { default: artifacts } = load('@actions/artifact')

const input = name => (process.env['INPUT_' + name.toUpperCase()] || '').trim()
const output = (name, value) => fs.appendFileSync(process.env.GITHUB_OUTPUT, `${name}=${value}\n`)

// Every file below a folder; hidden ones, and those in hidden folders, on demand.
function below (folder, hidden) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (!hidden && entry.name.startsWith('.')) return []
    const file = path.join(folder, entry.name)
    return entry.isDirectory() ? below(file, hidden) : [file]
  })
}

async function main () {
  const at = path.resolve(input('path'))
  const exists = fs.existsSync(at)
  const isFolder = exists && fs.statSync(at).isDirectory()
  const files = isFolder ? below(at, input('include-hidden-files') === 'true') : exists ? [at] : []
  if (files.length === 0) {
    const said = `No files were found with the provided path: ${at}. No artifacts will be uploaded.`
    if (input('if-no-files-found') === 'error') throw new Error(said)
    console.log(`::warning::${said}`)
    return
  }
  // A file that is not archived gives the artifact its name. act has no such
  // artifacts: here it is an archive all the same.
  const alone = input('archive') === 'false'
  if (alone && files.length > 1) throw new Error(`archive is false, and there are ${files.length} files`)
  const name = alone ? path.basename(files[0]) : input('name')
  if (/["\\:<>|*?\r\n/]/.test(name)) throw new Error(`The artifact name is not valid: ${name}`)

  // GitHub answers 409 to a name that is taken; act overwrites in silence.
  const taken = (await artifacts.listArtifacts({ latest: true })).artifacts.some(a => a.name === name)
  if (taken && input('overwrite') !== 'true') throw new Error(`Received non-retryable error: (409) Conflict: an artifact with this name already exists on the workflow run: ${name}`)
  if (taken) await artifacts.deleteArtifact(name)

  const { id, digest } = await artifacts.uploadArtifact(name, files, isFolder ? at : path.dirname(at), {})
  output('artifact-id', id)
  output('artifact-digest', digest)
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = process.env
  output('artifact-url', `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}/artifacts/${id}`)
  console.log(`uploaded ${name}: ${files.length} files`)
}

main().catch(error => {
  console.log(`::error::${error.message}`)
  process.exitCode = 1
})
