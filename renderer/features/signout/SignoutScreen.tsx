import { type ComponentProps, useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaseDetailRow, CaseRow } from '../../../shared/ipc/signout.ts';
import { useTarget } from '../../app/navigation.ts';
import { useScan } from '../../app/scan.ts';
import { command, useLive, useLiveOne } from '../../data/hooks.ts';
import { engineText } from '../../i18n/engine.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { CallDialog } from '../../ui/CallDialog.tsx';
import { Banner, ScreenBody } from '../../ui/Layout.tsx';
import { withdrawUndo } from '../../ui/undo.ts';
import { CaseHead } from './CaseHead.tsx';
import { CasePanel } from './CasePanel.tsx';
import { Conclusion } from './Conclusion.tsx';
import { caseAfter, filterOf, matching, useDesk } from './desk.ts';
import { NoCase } from './NoCase.tsx';
import { Paper } from './Paper.tsx';
import { QueueColumn } from './QueueColumn.tsx';
import { ReasonDialog } from './ReasonDialog.tsx';
import { MayNotSign, SignBox, SignedBox } from './SignBox.tsx';
import './signout.css';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { SignoutHead } from './SignoutHead.tsx';
import { Trends } from './Trends.tsx';
import { type Asking, useCaseKeys } from './useCaseKeys.ts';
import { useReportPdf } from './useReportPdf.ts';
import { useSigning } from './useSigning.ts';

/** Sign-out: the queue, the report as it will read, and the signature. After signing, the next case is there. */
export function SignoutScreen() {
  const { t } = useTranslation('signout');
  const session = useLiveOne('session', {});
  const person = session?.person ?? null;
  const maySign = person?.roles.includes('pathologist') === true;
  const { filter, cursor, asked, go, setCursor } = useDesk(person?.id ?? '');
  const [typed, setTyped] = useState('');
  const [sought, setSought] = useState<string | null>(null);
  const [viewing, setViewing] = useState<string | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [calling, setCalling] = useState<ComponentProps<typeof CallDialog>['result'] | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const pinField = useRef<HTMLInputElement>(null);
  const conclusionField = useRef<HTMLTextAreaElement>(null);
  const centre = useRef<HTMLDivElement>(null);
  const done = useRef<string | null>(null);
  const keepPin = useRef(false);

  const counts = useLiveOne('signout.counts', {});
  const cases = useLive('signout.cases', { filter });
  const signedToday = useLive('signout.cases', { filter: 'signed' });
  const rows = matching(cases.rows, typed);
  const ids = rows.map((row) => row.id);
  const own = useLive('signout.case', cursor === null ? null : { reportId: cursor });
  const other = useLiveOne('signout.case', viewing === null ? null : { reportId: viewing });
  const next = cursor === null ? null : caseAfter(ids, cursor);
  useLiveOne('signout.case', next === null ? null : { reportId: next });
  const detail = viewing === null ? own.rows[0] : other;

  const choose = useCallback(
    (id: string | null): void => {
      // Moving about with the focus elsewhere is reading, not signing: digits are screens again.
      if (document.activeElement !== pinField.current) keepPin.current = false;
      setViewing(null);
      setCursor(id);
    },
    [setCursor],
  );
  const show = useCallback(
    (row: CaseRow): void => {
      const list = filterOf(row);
      if (list === null) {
        announce(t('notComplete', { number: row.requisition }));
        return;
      }
      setTyped('');
      setViewing(null);
      go(list, row.id);
    },
    [go, t],
  );

  const signing = useSigning(
    detail,
    {
      meaning: t(detail !== undefined && detail.version > 1 ? 'meaningCorrected' : 'meaningReport'),
      conclusionKept: t('conclusionKept'),
    },
    (signed) => {
      done.current = signed.id;
      withdrawUndo();
      announce(
        t('signedNow', { title: signed.title, name: signed.patientName, count: (counts?.waiting ?? 1) - 1 }),
      );
      setViewing(null);
      setCursor(caseAfter(ids, signed.id));
      keepPin.current = true;
      pinField.current?.focus();
    },
  );
  const pdf = useReportPdf(signing.setError);

  // A scan, a typed number or another screen leads to a case wherever it stands.
  const found = useLive('signout.find', sought === null ? null : { scanned: sought });
  const { target, at } = useTarget();
  useEffect(() => {
    if (at > 0 && target !== '') setSought(target);
  }, [target, at]);
  useEffect(() => {
    if (sought === null || found.state !== 'live') return;
    const [row] = found.rows;
    if (row === undefined) announce(t('notFound', { code: sought }));
    else show(row);
    setSought(null);
  }, [sought, found, show, t]);
  useScan((code) => {
    setSought(code.slice(0, 80));
    return true;
  });

  const nobody = t('needsPathologist');
  const unsigned = detail !== undefined && detail.signature === null;
  const why = whyNotSigned(detail);
  const due = detail?.results.filter((one) => one.call === 'due') ?? [];
  const newest = detail?.versions[0]?.id === detail?.id;
  const ask = (what: Asking): void => {
    // The question stays about the value it was asked for, whatever arrives while it is open.
    if (what === 'call') setCalling(due[0] === undefined ? null : { ...due[0], patient: detail?.patient });
    else setAsking(what);
  };
  const sign = (): void => {
    if (signing.changed) {
      signing.accept();
      return;
    }
    if (signing.pin.length < 4) {
      pinField.current?.focus();
      if (signing.pin !== '') announce(t('ui:pinMissing'));
      return;
    }
    signing.sign();
  };
  const turn = (by: 1 | -1): void => {
    if (detail === undefined) return;
    const place = detail.versions.findIndex((one) => one.id === detail.id);
    const target = detail.versions[place + by];
    if (target === undefined) announce(t(by === 1 ? 'first' : 'newest'));
    else setViewing(target.id === cursor ? null : target.id);
  };
  function whyNotSigned(of: CaseDetailRow | undefined): string | undefined {
    if (of === undefined) return t('noCase');
    if (!maySign) return nobody;
    if (of.state === 'signed') return t('alreadySigned');
    if (of.state === 'incomplete') return t('incomplete');
    const against = of.checks.filter((check) => check.outcome === 'block');
    return against.length === 0
      ? undefined
      : against.map((check) => engineText('report', check.text)).join(' ');
  }
  const editable = unsigned && maySign;

  useCaseKeys({
    detail,
    may: maySign,
    newest,
    why,
    changed: signing.changed,
    due: due.length > 0,
    conclude: () => conclusionField.current?.focus(),
    ask,
    leave: () => {
      keepPin.current = false;
    },
    find: () => search.current?.focus(),
    sign,
    turn,
    preview: () => detail && void pdf.preview(detail.id),
    save: () => detail && void pdf.save(detail.id),
    scroll: (by) => centre.current?.scrollBy({ top: by }),
  });

  const place = cursor === null ? -1 : ids.indexOf(cursor);
  const subject = detail === undefined ? '' : `${detail.patientName}, ${detail.title}`;

  return (
    <>
      <SignoutHead
        filter={filter}
        counts={counts}
        place={place}
        shown={rows.length}
        typed={typed}
        onTyped={setTyped}
        onEnter={() => {
          if (rows.length === 0 && typed.trim() !== '') setSought(typed.trim());
        }}
        search={search}
        onFilter={(to) => {
          setTyped('');
          setViewing(null);
          go(to, null);
        }}
      />
      <ScreenBody
        panel={
          detail === undefined ? undefined : (
            <CasePanel
              detail={detail}
              onVersion={(id) => setViewing(id === cursor ? null : id)}
              foot={
                <>
                  {detail.signature !== null ? (
                    <SignedBox
                      detail={detail}
                      newest={newest}
                      mayAmend={maySign}
                      onAmend={() => ask('amend')}
                    />
                  ) : maySign ? (
                    <SignBox
                      detail={detail}
                      hash={signing.seenHash}
                      name={person?.name ?? ''}
                      meaning={t(detail.version > 1 ? 'meaningCorrected' : 'meaningReport')}
                      pin={signing.pin}
                      onPin={signing.setPin}
                      onSign={sign}
                      field={pinField}
                      keepFocus={keepPin}
                      error={signing.pinError}
                      why={why}
                      busy={signing.busy}
                    />
                  ) : (
                    <MayNotSign
                      text={t('signNotHere')}
                      who={t('signWho', {
                        name: person?.name ?? '',
                        roles: person?.roles.map((role) => t(`app:roles.${role}`)).join(', ') ?? '',
                      })}
                    />
                  )}
                  {due.length === 0 ? null : (
                    <Button primary keyName="F10" onClick={() => ask('call')}>
                      {t('recordCall')}
                    </Button>
                  )}
                  {editable && detail.state !== 'sentBack' ? (
                    <Button keyName="F7" onClick={() => ask('sendBack')}>
                      {t('keys.sendBack')}
                    </Button>
                  ) : null}
                  <span
                    className={editable && detail.state !== 'sentBack' ? 'so-foot' : 'so-foot lv-foot-wide'}
                  >
                    <Button wide keyName="F9" onClick={() => void pdf.preview(detail.id)}>
                      {t('keys.print')}
                    </Button>
                  </span>
                  {editable ? <p className="lv-caption lv-foot-wide">{t('final')}</p> : null}
                </>
              }
            />
          )
        }
      >
        <div className="so-panes">
          <QueueColumn
            filter={filter}
            scope={`${filter} ${typed} ${cases.state}`}
            rows={rows}
            live={cases.state === 'live' || cases.state === 'stale'}
            cursor={cursor}
            asked={asked}
            onCursor={choose}
            onLeft={(row) => {
              if (done.current !== row.id) announce(t('left', { name: row.patientName, title: row.title }));
            }}
            signed={filter === 'waiting' ? signedToday.rows : []}
            onSigned={(row) => go('signed', row.id)}
            onAllSigned={() => go('signed', null)}
          />
          <div className="so-centre">
            <ErrorBanner error={cases.error} />
            <ErrorBanner
              error={signing.error}
              action={
                <Button size="bar" onClick={() => signing.setError(null)}>
                  {t('ui:close')}
                </Button>
              }
            />
            {detail === undefined ? (
              <NoCase
                filter={filter}
                typed={typed}
                loading={cases.state === 'loading' || cursor !== null}
                last={signedToday.rows[0]?.issuedTime ?? ''}
                onShowSigned={() => go('signed', null)}
                onClearSearch={() => setTyped('')}
              />
            ) : (
              <>
                <CaseHead detail={detail} />
                {signing.changed && maySign ? (
                  <Banner
                    tone="held"
                    title={t('changed')}
                    action={
                      <Button size="bar" keyName="F8" onClick={signing.accept}>
                        {t('keys.readAgain')}
                      </Button>
                    }
                  >
                    {t('changedText')}
                  </Banner>
                ) : null}
                <div key={detail.id} className="so-scroll" ref={centre}>
                  <Paper
                    detail={detail}
                    changed={signing.changedLines}
                    conclusion={
                      <Conclusion
                        key={detail.id}
                        text={detail.conclusion}
                        mayEdit={editable}
                        field={conclusionField}
                        onSave={(text, before) => signing.conclude(detail.id, text, before)}
                      />
                    }
                  />
                  <Trends detail={detail} />
                </div>
              </>
            )}
          </div>
        </div>
      </ScreenBody>
      {calling === null ? null : <CallDialog result={calling} onClose={() => setCalling(null)} />}
      {(asking === 'sendBack' || asking === 'amend') && detail !== undefined ? (
        <ReasonDialog
          kind={asking}
          subject={subject}
          onClose={() => setAsking(null)}
          act={async (reason) => {
            if (asking === 'sendBack') {
              done.current = detail.id;
              const outcome = await command('report.sendBack', { reportId: detail.id, reason });
              if (!outcome.ok) return outcome.error;
              announce(t('sentBackNow', { name: detail.patientName }));
              setViewing(null);
              setCursor(caseAfter(ids, detail.id));
              return undefined;
            }
            const outcome = await command('report.amend', { reportId: detail.id, reason });
            if (!outcome.ok) return outcome.error;
            setViewing(null);
            go('waiting', outcome.value.reportId);
            return undefined;
          }}
        />
      ) : null}
    </>
  );
}
