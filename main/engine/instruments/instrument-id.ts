/** Id of an instrument's document: unique in the laboratory, because it begins with the station's code. */
export function instrumentId(stationCode: string, name: string): string {
  return `${stationCode}.${name}`;
}
