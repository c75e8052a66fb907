// `npm start`. Where npm runs no pre-scripts (`ignore-scripts=true`), nobody has looked yet whether Node 24 is there, and an
// older one cannot even read main.ts: so that is looked at here, in words that every Node understands.
await import('../cli/ensure.mjs')
// oxlint-disable-next-line typescript/no-unsafe-member-access -- no types here
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error('Node 24 is installed now, but this run began on an older one. Run npm start again.')
  process.exit(1)
}
await import('./main.ts')
