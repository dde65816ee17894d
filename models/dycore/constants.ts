/**
 * The planet of the dycore: constants of Held & Suarez 1994 (Bull. Am. Meteorol. Soc. 75, 1825–1830) and of
 * Jablonowski & Williamson 2006 (Q. J. R. Meteorol. Soc. 132, 2943–2975), which agree. SI units.
 */
export const earthRadius = 6.371e6;
/** s⁻¹ */
export const rotationRate = 7.292e-5;
/** Of dry air, J kg⁻¹ K⁻¹. */
export const gasConstant = 287;
/** m s⁻² */
export const gravity = 9.80616;
/** R / c_p */
export const kappa = 2 / 7;
/** Mean surface pressure, Pa: the dry mass of the atmosphere, times gravity, over the area of the Earth. */
export const referencePressure = 1e5;
