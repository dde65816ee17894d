/** The names of devices, as in `--device`; what they stand for and whether they work is devices.ts. */
import { usageError } from '../../core/errors.js';

export const deviceNames = ['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt', 'coreml', 'dml'] as const;
export type DeviceName = (typeof deviceNames)[number];
export type ResolvedDevice = Exclude<DeviceName, 'auto'>;

/** The name as a device. @throws a usage error that lists the names */
export function parseDeviceName(name: string): DeviceName {
  const known = deviceNames.find((device) => device === name);
  if (known === undefined) {
    throw usageError(`device "${name}": no such device; expected one of ${deviceNames.join(', ')}`);
  }
  return known;
}
