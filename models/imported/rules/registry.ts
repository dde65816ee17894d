/** Every operator of ONNX that can be turned into ours, by name. */
import { elementwiseRules } from './elementwise.js';
import { layoutRules } from './layout.js';
import { matrixRules } from './matrices.js';
import { reductionRules } from './reductions.js';
import { resizeRules } from './resize.js';
import type { Rule } from './rule.js';

export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({ ...elementwiseRules, ...layoutRules, ...matrixRules, ...reductionRules, ...resizeRules }),
);
