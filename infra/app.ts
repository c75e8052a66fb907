import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { readSettings } from './settings.ts'
import { purser } from './stack.ts'

const app = new App()
const { settings, lines } = readSettings((name) => app.node.tryGetContext(name), process.env)
for (const line of lines) process.stderr.write(`${line}\n`)
if (!settings) process.exit(1)

purser(app, settings)
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
app.synth()
