// How the benchmarks print: one line that says where and when, and Markdown tables.
import { cpus } from 'node:os';
import { pinning } from './process.mjs';

/** `2026-11-28, Node v20.20.2, AMD EPYC (2 cores), 5 sessions` */
export function heading(version, ...parts) {
  const processors = cpus();
  const machine = `${processors[0]?.model.trim()} (${processors.length} cores)`;
  return [
    new Date().toISOString().slice(0, 10),
    `Node ${version}`,
    machine,
    ...parts,
    ...(pinning ? [] : ['processes NOT pinned to cores']),
  ].join(', ');
}

/**
 * @param {readonly (readonly string[])[]} lines the first one is the head
 * @returns {string} with columns of equal width, the first to the left
 */
export function table([head, ...lines]) {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  const all = [head, rule, ...lines];
  const widths = head.map((_, column) => Math.max(...all.map((line) => line[column].length)));
  return all
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`)
    .join('\n');
}
