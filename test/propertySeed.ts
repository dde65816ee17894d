/**
 * Property tests draw the same cases every time, so that a commit passes or fails for what it changed. PLUME_SEED=n draws
 * others; a failure prints its own seed and path.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.PLUME_SEED ?? 20070101) });
