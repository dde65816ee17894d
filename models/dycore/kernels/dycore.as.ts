/** The dycore's WebAssembly module: what wasmIntegrator.ts calls. */
export { columns, configureColumns, meanPressure, shiftPressure } from './columns.as';
export { configureSpectra, spread, step } from './spectral.as';
