import type { LineOwnerRow } from '../../../../shared/ipc/instruments.ts';
import type { Bench } from '../../bench.ts';

/** Who has the analyser of a line, for its row; null where no other station has it in its file, as far as is known. */
export function ownerRow(bench: Bench, serialNumber: string): LineOwnerRow | null {
  const owner = serialNumber === '' ? null : bench.owners.of(serialNumber);
  if (owner === null) return null;
  const { here, station, name, since, free, takenFrom, reason } = owner;
  const offline = bench.toServer() === undefined;
  const others = owner.stations.filter((one) => one !== bench.station.code);
  return {
    here,
    station,
    name,
    since,
    free,
    away: !here && (owner.away || offline),
    offline,
    takenFrom,
    reason,
    others,
  };
}
