/**
 * One process that is asked many commands: a refusal costs what it does, not what a process costs to start.
 * Each message is a command's words. What is printed goes to the streams as it is, whoever prints it, native code too;
 * after it a NUL on standard output, and on standard error a NUL, the exit code, and what would keep a process alive that
 * nothing kept alive before (timers, files, threads: a command that leaves some would never have ended).
 */
import { main } from '../../src/main.js';

const alive = (): string[] => process.getActiveResourcesInfo().sort();

function leftOver(before: readonly string[]): string[] {
  const left = alive();
  for (const resource of before) {
    const at = left.indexOf(resource);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

/** What ends by itself gets five seconds for it. */
async function settled(before: readonly string[]): Promise<string[]> {
  for (let waits = 0; waits < 100 && leftOver(before).length > 0; waits++) {
    await new Promise((done) => setTimeout(done, 50));
  }
  return leftOver(before);
}

// the streams are made when they are first touched
void [process.stdout, process.stderr];
process.on('disconnect', () => process.exit());
process.on('message', async (words: readonly string[]) => {
  const before = alive();
  const code = await main(words);
  const left = await settled(before);
  process.stdout.write('\0');
  process.stderr.write(`\0${JSON.stringify({ code, left })}\n`);
});
