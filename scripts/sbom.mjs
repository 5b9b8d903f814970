// `npm run sbom`: the packages that ship with ruawatch as a CycloneDX document. npm's own `--omit dev` also leaves out what a
// tool for development happens to need as well, so everything is asked for and the tools are taken out here.
import { execFileSync } from 'node:child_process';
import { root } from './prepare.mjs';

const words = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const whole = execFileSync('npm', words, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const { components, dependencies, ...head } = JSON.parse(whole);

const forDevelopment = ({ properties = [] }) => properties.some(({ name }) => name === 'cdx:npm:package:development');
const shipped = components.filter((component) => !forDevelopment(component));
const refs = new Set([head.metadata.component['bom-ref'], ...shipped.map((component) => component['bom-ref'])]);
const edges = dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));

console.log(JSON.stringify({ ...head, components: shipped, dependencies: edges }, null, 2));
