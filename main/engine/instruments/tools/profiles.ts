/** The profile of an instrument as rows: what comes from where, and what does not fit. */
import type { InstrumentDoc } from '../../../../shared/documents/instrument.ts';
import type { Origin, ProfileRow, ProfileShowRow, ProfileTestRow } from '../../../../shared/ipc/tools.ts';
import { applyOverlay, stationOverlay } from '../../../../shared/profiles/overlay.ts';
import { profileConflicts, testConflicts } from '../../../../shared/profiles/overlay-check.ts';
import type { Profile } from '../../../../shared/profiles/profile.ts';
import type { TestMapping } from '../../../../shared/profiles/schema/common.ts';
import type { Bench } from '../../bench.ts';
import { refuse } from '../../faults.ts';
import { instrumentId } from '../instrument-id.ts';
import { verificationStates } from './verification.ts';

/** One built-in profile as a row. */
export function profileRow(bench: Pick<Bench, 'station'>, profile: Profile): ProfileRow {
  const { id, version, name, manufacturer, model, section, protocol, source } = profile;
  return {
    id,
    version,
    name,
    manufacturer,
    model,
    section,
    protocol,
    source,
    tests: profile.tests.length,
    usedBy: bench.station.instruments.filter((one) => one.profile === id).map((one) => one.id),
  };
}

/** Name of an instrument on this bench (`CHEM1`) and its entry in the station file; refuses `instrument.unknown`. */
export function stationInstrument(bench: Pick<Bench, 'station'>, id: string) {
  const found = bench.station.instruments.find((one) => instrumentId(bench.station.code, one.id) === id);
  if (found !== undefined) return found;
  throw refuse(
    'instrument.unknown',
    `${id} is not an instrument of this station.`,
    'Look at the station file.',
  );
}

/** Everything about the mapping of one instrument as it works today. */
export async function profileShow(bench: Bench, doc: InstrumentDoc): Promise<ProfileShowRow> {
  const config = stationInstrument(bench, doc.id);
  const { builtIn, station } = bench.instruments.layers(doc.id);
  const effective = applyOverlay(station, doc.overlay);
  const fromStation = stationOverlay(config.tests);
  const inStation = new Set(fromStation.tests.map((test) => test.code));
  const inLaboratory = new Set(doc.overlay.tests.map((test) => test.code));
  const originOf = (code: string): Origin =>
    inLaboratory.has(code) ? 'laboratory' : inStation.has(code) ? 'station' : 'builtIn';
  const states = verificationStates(doc, effective);
  const savedBy = doc.overlayBy === '' ? undefined : await bench.store.get('people', doc.overlayBy);
  const testRow = (mapping: TestMapping): ProfileTestRow => {
    const origin = originOf(mapping.code);
    const below = origin === 'laboratory' ? station : origin === 'station' ? builtIn : null;
    const replaces = below?.tests.find((one) => one.code === mapping.code) ?? null;
    const known = bench.catalog.test(mapping.test);
    return {
      id: mapping.code,
      mapping,
      testName: known?.name ?? '',
      catalogUnit: known?.unit ?? '',
      origin,
      replaces,
      conflicts: testConflicts(mapping, replaces, known),
      verification: states.get(mapping.test) ?? { state: 'none', by: '', at: '' },
    };
  };
  const said = (inOverlay: boolean): Origin => (inOverlay ? 'laboratory' : 'builtIn');
  const { overlay } = doc;
  return {
    id: doc.id,
    instrumentName: config.id,
    profile: profileRow(bench, builtIn),
    tests: effective.tests.map(testRow).sort((a, b) => a.id.localeCompare(b.id)),
    notResults: effective.notResults.map((one) => ({
      ...one,
      origin: said(overlay.notResults.some(({ code }) => code === one.code)),
    })),
    flags: Object.entries(effective.flags).map(([code, meaning]) => {
      const own = Object.hasOwn(overlay.flags, code);
      return { code, meaning, origin: said(own), replaces: (own ? station.flags[code] : null) ?? null };
    }),
    statuses: Object.entries(effective.statuses).map(([sent, meaning]) => {
      const own = Object.hasOwn(overlay.statuses, sent);
      return { sent, meaning, origin: said(own), replaces: (own ? station.statuses[sent] : null) ?? null };
    }),
    units: overlay.units.map((one) => ({ ...one, origin: 'laboratory' })),
    qc: {
      specimenPrefixes: effective.qc.specimenPrefixes.map((text) => ({
        text,
        origin: said(!station.qc.specimenPrefixes.includes(text)),
      })),
      places: effective.qc.places.map((one, i) => ({ ...one, origin: said(i >= station.qc.places.length) })),
      processing: effective.qc.processing,
      actionCodes: effective.qc.actionCodes,
    },
    overlay,
    overlayVersion: doc.overlayVersion,
    savedBy: savedBy?.name ?? doc.overlayBy,
    savedAt: doc.overlayAt,
    conflicts: profileConflicts(effective, station, overlay),
  };
}
