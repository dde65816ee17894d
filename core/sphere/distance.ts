/** Distances on the sphere that stands for the Earth: radius 6371.229 km, as in ECMWF's IFS and in GRIB2 (code table 3.2, 6). */
export const earthRadiusKm = 6371.229;

/**
 * Great-circle distance (haversine form, exact for small distances too: Sinnott 1984, Sky & Telescope 68, 159).
 * @param latitude1, longitude1, latitude2, longitude2 degrees
 * @returns kilometres
 */
export function distanceKm(
  latitude1: number,
  longitude1: number,
  latitude2: number,
  longitude2: number,
): number {
  const radians = Math.PI / 180;
  const haversine = (degrees: number): number => Math.sin((degrees * radians) / 2) ** 2;
  const h =
    haversine(latitude2 - latitude1) +
    Math.cos(latitude1 * radians) * Math.cos(latitude2 * radians) * haversine(longitude2 - longitude1);
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(Math.min(1, h)));
}
