/**
 * Which process is meant by a process id: ids are used again (in a container always the same few), so on Linux
 * the boot and the start time of the process (proc(5), /proc/pid/stat field 22) tell a writer from its successor.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** '<boot id>:<start time in clock ticks>' on Linux, '' where the system does not tell. */
  readonly started: string;
}

export function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function startOf(pid: number | 'self'): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2, the command, may hold blanks and brackets: fields are counted behind its last bracket.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${boot}:${ticks}`;
  } catch {
    return '';
  }
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), started: startOf('self') };
}

/** 'elsewhere': of another host, which cannot be asked from here. */
export function stateOf(identity: ProcessIdentity): 'alive' | 'dead' | 'elsewhere' {
  if (identity.host !== hostname()) return 'elsewhere';
  if (!processIsAlive(identity.pid)) return 'dead';
  const started = startOf(identity.pid);
  return identity.started === '' || started === '' || identity.started === started ? 'alive' : 'dead';
}
