/**
 * Runs notebooks: node .ci/notebook.mjs [--out FOLDER] FILE.ipynb …
 * The TypeScript cells of a notebook become one module, in order, so that names go on from cell to cell and imports stand
 * where they are; its last expression is the result of a cell. Outputs are written back into the notebook, or into a copy
 * of the same name in FOLDER. No kernel is needed: Node runs what Deno's kernel would. A cell that throws ends the run.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const displayMethod = Symbol.for('Jupyter.display');

/** A cell's source with its last expression handed to __result, without types. */
function cellCode(source, index) {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2023, true);
  const last = file.statements.at(-1);
  const marked =
    last !== undefined && ts.isExpressionStatement(last)
      ? `${source.slice(0, last.getStart())}__result(${index}, (${last.expression.getText()}));`
      : source;
  const { outputText, diagnostics } = ts.transpileModule(marked, {
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  });
  const [wrong] = diagnostics;
  if (wrong !== undefined) {
    throw new Error(`cell ${index + 1}: ${ts.flattenDiagnosticMessageText(wrong.messageText, '\n')}`);
  }
  return outputText;
}

/** What a kernel would send for a value. */
function dataOf(value) {
  if (typeof value === 'object' && value !== null && displayMethod in value) return value[displayMethod]();
  return { 'text/plain': typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)) };
}

const lines = (text) => text.split(/(?<=\n)/);

/** @returns the notebook with outputs in place of what it had. @throws the error of the first cell that fails */
async function execute(path) {
  const notebook = JSON.parse(readFileSync(path, 'utf8'));
  const cells = notebook.cells.filter((cell) => cell.cell_type === 'code');
  for (const cell of cells) Object.assign(cell, { outputs: [], execution_count: null });
  let running = 0;
  globalThis.__begin = (index) => {
    running = index;
    cells[index].execution_count = index + 1;
  };
  globalThis.__result = async (index, value) => {
    const resolved = await value;
    if (resolved === undefined) return;
    const data = Object.fromEntries(
      Object.entries(dataOf(resolved)).map(([type, text]) => [type, lines(text)]),
    );
    cells[index].outputs.push({
      output_type: 'execute_result',
      execution_count: index + 1,
      metadata: {},
      data,
    });
  };
  const write = console.log;
  console.log = (...values) => {
    const text = `${values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ')}\n`;
    cells[running].outputs.push({ output_type: 'stream', name: 'stdout', text: lines(text) });
  };
  // beside the notebook, so that what it imports is found from there
  const module = join(dirname(resolve(path)), `.${basename(path)}.${process.pid}.mjs`);
  try {
    const code = cells.map((cell, index) => {
      const source = Array.isArray(cell.source) ? cell.source.join('') : cell.source;
      return `__begin(${index});\n${cellCode(source, index).replaceAll('__result(', 'await __result(')}`;
    });
    writeFileSync(module, code.join('\n'));
    await import(pathToFileURL(module).href);
  } catch (error) {
    throw new Error(`${path}, code cell ${running + 1}: ${error.stack ?? error}`, { cause: error });
  } finally {
    console.log = write;
    rmSync(module, { force: true });
  }
  return notebook;
}

const paths = process.argv.slice(2);
const out = paths[0] === '--out' ? paths.splice(0, 2)[1] : undefined;
if (paths.length === 0) {
  process.stderr.write('usage: node .ci/notebook.mjs [--out FOLDER] FILE.ipynb …\n');
  process.exit(64);
}
for (const path of paths) {
  try {
    const notebook = await execute(path);
    if (out !== undefined) mkdirSync(out, { recursive: true });
    const target = out === undefined ? path : join(out, basename(path));
    writeFileSync(target, `${JSON.stringify(notebook, null, 1)}\n`);
    process.stdout.write(`${target}: ${notebook.cells.length} cells\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
