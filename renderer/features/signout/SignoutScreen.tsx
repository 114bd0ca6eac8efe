import { IconSearch } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaseDetailRow, CaseRow } from '../../../shared/ipc/signout.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { useTarget } from '../../app/navigation.ts';
import { useScan } from '../../app/scan.ts';
import { command, useLive, useLiveOne } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { CallDialog } from '../../ui/CallDialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Keycap } from '../../ui/Keycap.tsx';
import { Banner, ScreenBody, ScreenHead } from '../../ui/Layout.tsx';
import { SegmentedFilter } from '../../ui/SegmentedFilter.tsx';
import { withdrawUndo } from '../../ui/undo.ts';
import { CaseHead } from './CaseHead.tsx';
import { CasePanel } from './CasePanel.tsx';
import { Conclusion } from './Conclusion.tsx';
import { type CaseFilter, caseAfter, filterOf, matching, useDesk } from './desk.ts';
import { NoCase } from './NoCase.tsx';
import { Paper } from './Paper.tsx';
import { QueueColumn } from './QueueColumn.tsx';
import { ReasonDialog } from './ReasonDialog.tsx';
import { MayNotSign, SignBox, SignedBox } from './SignBox.tsx';
import './signout.css';
import { Trends } from './Trends.tsx';
import { useReportPdf } from './useReportPdf.ts';
import { useSigning } from './useSigning.ts';
import { minutesText } from './words.ts';

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
  const [asking, setAsking] = useState<'sendBack' | 'amend' | 'call' | null>(null);
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
    return against.length === 0 ? undefined : against.map((check) => check.text).join(' ');
  }
  const editable = unsigned && maySign;
  const versions = detail?.versions.length ?? 0;

  useScreenKeys([
    {
      key: 'F2',
      label: t(unsigned || detail === undefined ? 'keys.conclusion' : 'keys.correct'),
      run: () => (unsigned ? conclusionField.current?.focus() : setAsking('amend')),
      disabledReason:
        detail === undefined
          ? t('noCase')
          : !maySign
            ? nobody
            : !unsigned && !newest
              ? t('replacedByNewer')
              : undefined,
    },
    { key: 'F3', label: t('keys.find'), run: () => search.current?.focus(), icon: 'find', strip: false },
    {
      key: 'F7',
      label: t('keys.sendBack'),
      run: () => setAsking('sendBack'),
      disabledReason:
        detail === undefined
          ? t('noCase')
          : !maySign
            ? nobody
            : detail.state === 'signed'
              ? t('alreadySigned')
              : detail.state === 'sentBack'
                ? t('alreadySentBack')
                : undefined,
    },
    {
      key: 'F8',
      label: t(signing.changed ? 'keys.readAgain' : 'keys.sign'),
      run: sign,
      primary: true,
      disabledReason: why,
      ...(detail === undefined ? {} : { detail: detail.title }),
    },
    {
      key: 'F9',
      label: t('keys.print'),
      run: () => detail && void pdf.preview(detail.id),
      disabledReason: detail === undefined ? t('noCase') : undefined,
      icon: 'print',
    },
    ...(due.length === 0
      ? []
      : [{ key: 'F10', label: t('keys.call'), run: () => setAsking('call'), icon: 'do' as const }]),
    {
      key: '[',
      label: t('keys.versions'),
      caps: ['[', ']'],
      run: () => turn(1),
      disabledReason: versions < 2 ? t('oneVersion') : undefined,
      palette: false,
      group: 3,
    },
    { key: ']', label: t('keys.newer'), run: () => turn(-1), palette: false, strip: false },
    {
      key: 'PageDown',
      label: t('keys.down'),
      run: () => centre.current?.scrollBy({ top: 400 }),
      palette: false,
      strip: false,
    },
    {
      key: 'PageUp',
      label: t('keys.up'),
      run: () => centre.current?.scrollBy({ top: -400 }),
      palette: false,
      strip: false,
    },
    {
      key: 'Ctrl+S',
      label: t('keys.save'),
      run: () => detail && void pdf.save(detail.id),
      disabledReason: detail === undefined ? t('noCase') : undefined,
      icon: 'print',
      strip: false,
    },
  ]);

  const filters: { id: CaseFilter; label: string; count: number | undefined }[] = [
    { id: 'waiting', label: t('filter.waiting'), count: counts?.waiting },
    { id: 'signed', label: t('filter.signed'), count: counts?.signedToday },
    { id: 'sentBack', label: t('filter.sentBack'), count: counts?.sentBack },
    { id: 'corrected', label: t('filter.corrected'), count: counts?.corrected },
  ];
  const place = cursor === null ? -1 : ids.indexOf(cursor);
  const { medianMinutes: median = null, p90Minutes: p90 = null } = counts ?? {};
  const subject = detail === undefined ? '' : `${detail.patientName}, ${detail.title}`;

  return (
    <>
      <ScreenHead
        title={t('title')}
        right={
          <>
            {place < 0 ? null : (
              <span className="lv-caption so-nowrap">
                {t('caseOf', { n: place + 1, count: rows.length })}
              </span>
            )}
            {median === null || p90 === null ? null : (
              <>
                <span className="lv-strip-line" />
                <span className="lv-caption so-nowrap so-turnaround">
                  {t('turnaround')} <b>{minutesText(median)}</b>, {t('under90')} <b>{minutesText(p90)}</b>
                </span>
              </>
            )}
            <Field
              ref={search}
              label={t('find')}
              labelAt="hidden"
              placeholder={t('find')}
              width={178}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Escape') setTyped('');
                if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur();
                if (event.key === 'Enter' && rows.length === 0 && typed.trim() !== '')
                  setSought(typed.trim());
              }}
              prefixIcon={<IconSearch size={14} stroke={1.6} aria-hidden="true" />}
              suffix={<Keycap keyName="F3" />}
            />
          </>
        }
      >
        <SegmentedFilter
          label={t('filters')}
          value={filter}
          options={filters}
          onChange={(to) => {
            setTyped('');
            setViewing(null);
            go(to, null);
          }}
        />
      </ScreenHead>
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
                      onAmend={() => setAsking('amend')}
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
                    <Button primary keyName="F10" onClick={() => setAsking('call')}>
                      {t('recordCall')}
                    </Button>
                  )}
                  {editable && detail.state !== 'sentBack' ? (
                    <Button keyName="F7" onClick={() => setAsking('sendBack')}>
                      {t('keys.sendBack')}
                    </Button>
                  ) : null}
                  <Button keyName="F9" onClick={() => void pdf.preview(detail.id)}>
                    {t('keys.print')}
                  </Button>
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
            {cases.error === undefined ? null : (
              <Banner tone="crit" title={cases.error.what}>
                {cases.error.safe} {cases.error.todo}
              </Banner>
            )}
            {signing.error === null ? null : (
              <Banner
                tone="crit"
                title={signing.error.what}
                action={
                  <Button size="bar" onClick={() => signing.setError(null)}>
                    {t('ui:close')}
                  </Button>
                }
              >
                {signing.error.safe} {signing.error.todo}
              </Banner>
            )}
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
                {signing.changed ? (
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
      {asking === 'call' && due[0] !== undefined && detail !== undefined ? (
        <CallDialog
          key={due[0].id}
          result={{ ...due[0], patient: detail.patient }}
          onClose={() => setAsking(null)}
        />
      ) : null}
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
