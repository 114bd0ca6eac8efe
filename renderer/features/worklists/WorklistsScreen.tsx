import { engineText } from '../../i18n/engine.ts';
import './worklists.css';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { parseAccession } from '../../../shared/domain/accession-number.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { WorklistRow } from '../../../shared/ipc/results.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo, useTarget } from '../../app/navigation.ts';
import { useScan } from '../../app/scan.ts';
import { useLive, useLiveOne } from '../../data/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { Button } from '../../ui/Button.tsx';
import { useClaims } from '../../ui/Claim.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Grid } from '../../ui/Grid.tsx';
import { Banner, EmptyState, ScreenBody, ScreenHead } from '../../ui/Layout.tsx';
import { ScanEcho } from '../../ui/ScanBox.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { useColumns } from './columns.tsx';
import {
  countRows,
  type InstrumentFilter,
  nextField,
  openTests,
  shownRows,
  type WorklistFilter,
} from './rows.ts';
import { type PanelHandle, SpecimenPanel } from './SpecimenPanel.tsx';

/** What is looked at; kept while another screen is open. */
interface Place {
  filter: WorklistFilter;
  instrument: InstrumentFilter;
  cursor: string | null;
  /** The filters under which the cursor was put there: under them its specimen stays listed. */
  chosenUnder: string;
}
const place = createStore<Place>(() => ({
  filter: 'waiting',
  instrument: 'any',
  cursor: null,
  chosenUnder: '',
}));
const scopeOf = ({ filter, instrument }: Pick<Place, 'filter' | 'instrument'>): string =>
  `${filter} ${instrument}`;
/** Puts the cursor on a specimen, with other filters where it is not under the present ones. */
const look = (cursor: string, filters: Partial<Pick<Place, 'filter' | 'instrument'>> = {}): void =>
  place.setState((now) => ({ ...filters, cursor, chosenUnder: scopeOf({ ...now, ...filters }) }));
const everywhere = { filter: 'all', instrument: 'any' } as const;
const rowId = (row: WorklistRow): string => row.id;

/** Specimens on the bench and what is still to be measured; values measured by hand are typed here. */
export function WorklistsScreen() {
  const { t } = useTranslation('worklists');
  const { filter, instrument, cursor, chosenUnder } = useStore(place);
  const scope = scopeOf({ filter, instrument });
  const stays = chosenUnder === scope ? (cursor ?? undefined) : undefined;
  const { rows: all, state, error } = useLive('worklist.list', { filter: 'all' });
  const strip = useLiveOne('strip', {});
  const rows = useMemo(() => shownRows(all, filter, instrument, stays), [all, filter, instrument, stays]);
  const counts = countRows(all, instrument);
  const row = rows.find((one) => one.id === cursor);
  const lines = strip?.lines;
  const nameOf = useCallback((id: string) => lines?.find((line) => line.id === id)?.name ?? id, [lines]);
  const claimOf = useClaims();
  const columns = useColumns(nameOf, claimOf);
  const panel = useRef<PanelHandle>(null);
  /** The field that gets the focus as soon as its specimen is in the panel. */
  const [wanted, setWanted] = useState<{ specimenId: string; code: string } | null>(null);
  const [refused, setRefused] = useState<{
    specimenId: string;
    display: string;
    code: string;
    error: PlainError;
  } | null>(null);
  const [scan, setScan] = useState<{ code: string; found: boolean; at: Date } | null>(null);

  useEffect(() => {
    if (wanted === null || row?.id !== wanted.specimenId) return;
    if (panel.current?.focus(wanted.code)) setWanted(null);
  }, [wanted, row]);

  const show = (code: string): void => {
    const parsed = parseAccession(code);
    const identifier = parsed.ok ? parsed.identifier : code;
    const found = all.find((one) => one.accessionIdentifier === identifier || one.id === code);
    setScan({ code, found: found !== undefined, at: new Date() });
    if (found === undefined) return;
    const visible = rows.some((one) => one.id === found.id);
    look(found.id, visible ? {} : everywhere);
  };
  useScan((code) => {
    show(code);
    return true;
  });
  const { target, at } = useTarget();
  const seen = useRef(0);
  useEffect(() => {
    if (at === seen.current || target === '' || all.length === 0) return;
    seen.current = at;
    show(target);
  });

  const enter = (): void => {
    const first = row === undefined ? undefined : openTests(row)[0];
    if (first !== undefined) panel.current?.focus(first);
  };
  const next = (from: WorklistRow, code: string): void => {
    const field = nextField(rows, from.id, code);
    if (field === undefined) (document.activeElement as HTMLElement | null)?.blur();
    else if (field.specimenId === from.id) panel.current?.focus(field.code);
    else {
      look(field.specimenId);
      setWanted(field);
    }
  };
  const results = (): void => {
    if (row !== undefined) goTo('results', row.accessionIdentifier);
  };
  const instruments: InstrumentFilter[] = ['any', ...(lines?.map((line) => line.id) ?? []), 'hand'];
  const noRow = row === undefined ? t('noSpecimen') : undefined;
  useScreenKeys([
    {
      key: 'F2',
      label: t('enter'),
      run: enter,
      primary: true,
      disabledReason:
        noRow ?? (row !== undefined && openTests(row).length === 0 ? t('nothingWaits') : undefined),
    },
    { key: 'F4', label: t('results'), run: results, disabledReason: noRow, icon: 'go' },
    {
      key: 'I',
      label: t('instrument'),
      icon: 'filter',
      run: () => {
        const after = instruments[(instruments.indexOf(instrument) + 1) % instruments.length];
        if (after !== undefined) place.setState({ instrument: after });
      },
      group: 2,
    },
    {
      key: 'Escape',
      label: t('clear'),
      run: () => (document.activeElement as HTMLElement | null)?.blur(),
      palette: false,
      strip: false,
    },
  ]);

  const empty = { waiting: 'emptyWaiting', measured: 'emptyMeasured', all: 'emptyAll' } as const;
  return (
    <>
      <ScreenHead
        title={t('title')}
        right={
          scan === null ? null : (
            <ScanEcho
              code={scan.code}
              text={scan.found ? t('scanHere', { time: formatTime(scan.at) }) : t('scanUnknown')}
            />
          )
        }
      >
        <SegmentedFilter
          label={t('filter')}
          options={(['waiting', 'measured', 'all'] as const).map((id) => ({
            id,
            label: t(id),
            count: counts[id],
          }))}
          value={filter}
          onChange={(id) => place.setState({ filter: id })}
        />
        <SegmentedFilter
          label={t('instrument')}
          altKeys={false}
          options={instruments.map((id) => ({
            id,
            label: id === 'any' ? t('anyInstrument') : id === 'hand' ? t('byHand') : nameOf(id),
          }))}
          value={instrument}
          onChange={(id) => place.setState({ instrument: id })}
        />
      </ScreenHead>
      <ScreenBody
        panel={
          <SpecimenPanel
            row={row}
            nameOf={nameOf}
            handle={panel}
            onNext={next}
            onRefused={(of, code, why) =>
              setRefused({ specimenId: of.id, display: of.accessionDisplay, code, error: why })
            }
            onEnter={enter}
            onResults={results}
          />
        }
      >
        <ErrorBanner error={error} />
        {refused === null || refused.specimenId === cursor ? null : (
          <Banner
            tone="crit"
            title={t('refused', {
              display: refused.display,
              test: refused.code,
              what: engineText('errors', refused.error.what),
            })}
            action={
              <Button
                onClick={() => {
                  look(refused.specimenId, everywhere);
                  setWanted({ specimenId: refused.specimenId, code: refused.code });
                  setRefused(null);
                }}
              >
                {t('showIt')}
              </Button>
            }
          >
            {engineText('errors', refused.error.safe)} {engineText('errors', refused.error.todo)}
          </Banner>
        )}
        <Grid
          label={t('list')}
          rows={rows}
          rowId={rowId}
          columns={columns}
          scope={scope}
          cursor={cursor}
          onCursor={(id) => look(id)}
          empty={state === 'live' ? <EmptyState title={t(empty[filter])} next={t('emptyNext')} /> : undefined}
        />
      </ScreenBody>
    </>
  );
}
