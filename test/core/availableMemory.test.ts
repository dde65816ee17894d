/** Work that does not fit into memory is refused before it begins, in numbers and with a way out. */
import { expect, it } from 'vitest';
import { availableMemoryBytes, requireMemory } from '../../core/availableMemory.js';

it('what does not fit is refused with what is needed, what is free, and what would help', () => {
  expect(() => requireMemory('gathering', 3.21e9, 'use fewer --workers', 2e9)).toThrow(
    'gathering needs about 3.21 GB of memory, 2.00 GB are free; use fewer --workers',
  );
  expect(() => requireMemory('gathering', 2e9, 'use fewer --workers', 2e9)).not.toThrow();
  expect(() => requireMemory('gathering', 1e18, 'use fewer --workers')).toThrow(/1000000000\.00 GB/);
  expect(availableMemoryBytes()).toBeGreaterThan(1e6);
});
