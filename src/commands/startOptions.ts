/** The options of plume start: those of its steps, each once. */
import { type ForecastOptionName, forecastOptions } from './forecast.js';
import { type TrainOptionName, trainOptions } from './train.js';
import { type VerifyOptionName, verifyOptions } from './verify.js';

export type StartOptionName = TrainOptionName | ForecastOptionName | VerifyOptionName;

export const startOptions: readonly StartOptionName[] = [
  ...new Set<StartOptionName>([...trainOptions, ...forecastOptions, ...verifyOptions]),
];
