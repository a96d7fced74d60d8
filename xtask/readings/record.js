// What Node's two parsers make of URLs: the WHATWG one and the legacy `url.parse`.
//
// Lines and answers are as `cargo xtask readings` documents them (xtask/src/readings/programs.rs).
'use strict';

const { readFileSync } = require('node:fs');
const legacy = require('node:url');

const readers = {
  whatwg(text) {
    const { hostname, port } = new URL(text);
    return [hostname, port === '' ? null : port];
  },
  node_legacy(text) {
    const { hostname, port } = legacy.parse(text);
    return [hostname, port];
  },
};

const field = (value) => (value === null ? '-' : `=${Buffer.from(value).toString('hex')}`);

function answer(read, text) {
  try {
    return read(text).map(field).join(',');
  } catch {
    return '!';
  }
}

const names = Object.keys(readers);
const version = `Node ${process.versions.node}`;
const answers = [names.map((name) => `${name}=${version}${name === 'whatwg' ? `, ada ${process.versions.ada}` : ''}`)];
const lines = readFileSync(0, 'ascii').split('\n');
// What follows the last line break is no line.
for (const line of lines.slice(0, -1)) {
  const text = Buffer.from(line, 'hex').toString();
  answers.push(names.map((name) => answer(readers[name], text)));
}
process.stdout.write(answers.map((row) => `${row.join('\t')}\n`).join(''));
