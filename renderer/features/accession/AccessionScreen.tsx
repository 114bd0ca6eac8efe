import './accession.css';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { useScreenKeys } from '../../app/keys.ts';
import { useTarget } from '../../app/navigation.ts';
import { useScan } from '../../app/scan.ts';
import { command, useLiveOne } from '../../data/hooks.ts';
import { showPdf } from '../../data/pdf.ts';
import { announce } from '../../ui/announce.ts';
import { ScreenBody, ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { undoLast } from '../../ui/undo.ts';
import { AddTests } from './AddTests.tsx';
import { receive, takeCode, undoReceive } from './acts.ts';
import { Collection, type CollectionHandle } from './Collection.tsx';
import { type Forward, forwardOf } from './forward.ts';
import { LabelPanel } from './LabelPanel.tsx';
import { NewRequisition } from './NewRequisition.tsx';
import { OpenList } from './OpenList.tsx';
import { Handling, Ordered } from './Ordered.tsx';
import { PatientBlock } from './PatientBlock.tsx';
import { Received } from './Received.tsx';
import { RejectDialog } from './RejectDialog.tsx';
import { ScanRow } from './ScanRow.tsx';
import {
  accessionStore,
  beginNew,
  type CollectionDraft,
  clearScreen,
  keepDraft,
  openRequisition,
  say,
  workFor,
} from './state.ts';
import { Tubes } from './Tubes.tsx';

/** Accession: scan a requisition, number and print its tubes, receive them by scan. Everything by scanner and keyboard. */
export function AccessionScreen() {
  const { t } = useTranslation('accession');
  const state = useStore(accessionStore);
  const summary = useLiveOne('accession.summary', {});
  const person = useLiveOne('session', {})?.person?.id;
  useEffect(() => {
    if (person !== undefined) workFor(person);
  }, [person]);
  const row = useLiveOne(
    'accession.requisition',
    state.requisition === '' ? null : { scanned: state.requisition },
  );
  const tube = row?.tubes.find((one) => one.id === state.tube) ?? row?.tubes[0];
  const forward = forwardOf(row, tube, state.band);
  const [dialog, setDialog] = useState<'reject' | 'add' | null>(null);
  const scanBox = useRef<HTMLInputElement>(null);
  const collection = useRef<CollectionHandle>(null);
  const busy = useRef(false);

  const words = { received: (display: string) => t('acts.undone', { display }) };
  const scans = useRef<Promise<void>>(Promise.resolve());
  /** Every scan is taken, one after the other: none is dropped, and the answer to an earlier one never comes over a later one. */
  const take = (code: string): void => {
    scanBox.current?.blur();
    scans.current = scans.current.then(() => takeCode(code, words)).catch(() => undefined);
  };
  /** One act at a time: a second press while the first is on its way does nothing. */
  const once = async (act: () => Promise<unknown>): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    await act().finally(() => {
      busy.current = false;
    });
  };
  useScan((code) => {
    if (dialog !== null) return false;
    take(code);
    return true;
  });
  const { target, at } = useTarget();
  const seen = useRef(0);
  useEffect(() => {
    if (at === seen.current || target === '') return;
    seen.current = at;
    openRequisition(target, target, { kind: 'requisition' });
  }, [target, at]);

  const draft: CollectionDraft = (row === undefined ? undefined : state.drafts[row.requisition]) ?? {
    collector: state.collector,
    time: '',
  };
  const goForward = (): void => {
    if (forward.act !== 'none') void once(() => actForward(forward));
    else announce(t(`why.${forward.why}`));
  };
  const actForward = async (todo: Exclude<Forward, { act: 'none' }>): Promise<void> => {
    if (todo.act === 'receive') {
      await receive(todo.tube.accessionIdentifier, todo.tube.accessionDisplay, words);
      const next = row?.tubes.find((one) => one.status === 'expected' && one.id !== todo.tube.id);
      if (next !== undefined) accessionStore.setState({ tube: next.id });
      return;
    }
    const typed = collection.current?.read();
    if (typed === undefined || row === undefined) return;
    const done =
      todo.act === 'draw'
        ? await command('accession.draw', { requisition: row.requisition, ...typed })
        : await command('accession.collected', { specimenId: todo.tube.specimenId, ...typed });
    if (!done.ok) {
      say({ kind: 'error', error: done.error });
      return;
    }
    accessionStore.setState({ collector: typed.collector });
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    say({ kind: 'requisition' });
  };
  const printAgain = async (): Promise<void> => {
    if (tube === undefined) return;
    const done = await command('label.print', { specimenIds: [tube.specimenId] });
    if (done.ok) announce(t('acts.printedAgain', { display: tube.accessionDisplay }));
    else say({ kind: 'error', error: done.error });
  };
  /** The label as a page: for a station without a label printer, or one whose printer is out. */
  const labelAsPdf = async (): Promise<void> => {
    if (tube === undefined) return;
    const done = await command('label.pdf', { specimenId: tube.specimenId });
    if (!done.ok) say({ kind: 'error', error: done.error });
    else await showPdf(done.value.pdf).catch((error: unknown) => announce(String(error)));
  };
  const undo = (): void => {
    if (undoLast()) return;
    if (state.lastReceived !== null) void undoReceive(state.lastReceived);
    else announce(t('why.notReceived'));
  };

  const noTube =
    tube === undefined ? t('why.noTube') : tube.specimenId === '' ? t('why.notDrawn') : undefined;
  const noReject = noTube ?? (tube?.status === 'rejected' ? t('why.rejectedTube') : undefined);
  const noForward = forward.act === 'none' ? t(`why.${forward.why}`) : undefined;
  const noUndo = state.lastReceived === null ? t('why.notReceived') : undefined;
  const stepBack = (): void => {
    const focused = document.activeElement;
    if (focused instanceof HTMLInputElement) focused.blur();
    else clearScreen();
  };
  const receiving = state.mode === 'receive';
  useScreenKeys(
    receiving
      ? [
          { key: 'F3', label: t('acts.type'), run: () => scanBox.current?.focus(), icon: 'find' },
          {
            key: 'F2',
            label: t('acts.addTest'),
            run: () => setDialog('add'),
            disabledReason: row === undefined ? t('why.nothing') : undefined,
          },
          {
            key: 'F8',
            label: t(forward.act === 'draw' ? 'acts.forwardDraw' : 'acts.forward'),
            run: goForward,
            primary: true,
            disabledReason: noForward,
          },
          {
            key: 'F9',
            label: t('acts.printAgain'),
            run: () => void printAgain(),
            disabledReason: noTube,
            icon: 'print',
          },
          {
            key: 'Ctrl+S',
            label: t('acts.labelPdf'),
            run: () => void labelAsPdf(),
            disabledReason: noTube,
            strip: false,
          },
          {
            key: 'Delete',
            label: t('acts.rejectKey'),
            run: () => setDialog('reject'),
            disabledReason: noReject,
            group: 1,
          },
          { key: 'Ctrl+N', label: t('newRequisition'), run: () => startNew(), icon: 'person' },
          { key: 'Ctrl+Z', label: t('acts.undo'), run: undo, palette: noUndo === undefined },
          {
            key: 'Escape',
            label: t('acts.clear'),
            run: stepBack,
            palette: false,
            strip: state.requisition !== '',
            group: 2,
          },
        ]
      : [],
  );
  const startNew = (): void => beginNew(state.notice?.kind === 'noOrder' ? state.notice.patient : null);

  return (
    <>
      <ScreenHead
        title={t('title')}
        right={
          summary === undefined ? null : (
            <span className="lv-acc-summary">
              <span>
                <strong>{summary.receivedToday}</strong>{' '}
                <span className="lv-text-2">{t('head.received')}</span>
              </span>
              <span>
                <span className="lv-text-2">{t('head.next')}</span>{' '}
                <span className="lv-mono">{summary.nextNumber}</span>
              </span>
              {state.collector === '' ? null : (
                <span>
                  <span className="lv-text-2">{t('head.collector')}</span> <strong>{state.collector}</strong>
                </span>
              )}
            </span>
          )
        }
      >
        <SegmentedFilter
          label={t('view')}
          options={[
            { id: 'receive', label: t('receive') },
            { id: 'new', label: t('newRequisition') },
          ]}
          value={state.mode}
          onChange={(mode) => (mode === 'new' ? startNew() : accessionStore.setState({ mode }))}
        />
      </ScreenHead>
      {receiving ? (
        <ScreenBody
          panel={
            <LabelPanel
              row={row}
              tube={tube}
              printer={summary?.printer}
              forward={{ label: forwardLabel(forward, t), run: goForward, disabledReason: noForward }}
              printAgain={{
                label: t('acts.printAgain'),
                run: () => void printAgain(),
                disabledReason: noTube,
              }}
              reject={{ label: t('acts.reject'), run: () => setDialog('reject'), disabledReason: noReject }}
            />
          }
        >
          <ScanRow ref={scanBox} code={state.code} notice={state.notice} row={row} onCode={take} />
          {row === undefined ? (
            <OpenList
              onOpen={(open) => openRequisition(open.requisition, open.requisition, { kind: 'requisition' })}
              onNew={startNew}
            />
          ) : (
            <>
              <PatientBlock row={row} band={state.band} />
              <Ordered row={row} onAdd={() => setDialog('add')} />
              {forward.act === 'draw' || forward.act === 'complete' ? (
                <Collection
                  key={`${row.requisition} ${forward.act}`}
                  handle={collection}
                  draft={draft}
                  onDraft={(next) => keepDraft(row.requisition, next)}
                  onDone={goForward}
                />
              ) : null}
              <Tubes
                row={row}
                cursor={tube?.id ?? null}
                onCursor={(id) => accessionStore.setState({ tube: id })}
              />
              <Handling row={row} />
            </>
          )}
          <Received
            onOpen={(one) =>
              openRequisition(one.accessionIdentifier, one.accessionDisplay, { kind: 'requisition' }, one.id)
            }
            undo={{ run: undo, disabledReason: noUndo }}
          />
        </ScreenBody>
      ) : (
        <NewRequisition patient={state.newFor} />
      )}
      {dialog === 'reject' && row !== undefined && tube !== undefined ? (
        <RejectDialog row={row} tube={tube} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === 'add' && row !== undefined ? <AddTests row={row} onClose={() => setDialog(null)} /> : null}
    </>
  );
}

function forwardLabel(
  forward: Forward,
  t: (key: string, values?: Record<string, unknown>) => string,
): string {
  switch (forward.act) {
    case 'draw':
      return t('acts.draw', { count: forward.count });
    case 'complete':
      return t('acts.complete', { index: forward.tube.tubeIndex });
    case 'receive':
      return t('acts.receiveTube', { index: forward.tube.tubeIndex });
    case 'none':
      return t('acts.forward');
  }
}
