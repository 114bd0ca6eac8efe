import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { command, useLive } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { Choice, Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import type { TargetRow } from './lotRows.ts';

interface Place {
  testCode: string;
  instrumentId: string;
}

/** Which test on which instrument a target is for: everything the instruments of this station measure. `everywhere`: every instrument may be meant. */
function usePlace(row: TargetRow, everywhere: boolean) {
  const { t } = useTranslation('qc');
  const catalogue = useLive('catalog.list', { kind: 'test' });
  const strip = useLive('strip', {}).rows[0];
  const [given, setGiven] = useState<Place>({
    testCode: row.target?.testCode ?? '',
    instrumentId: row.target?.instrumentId ?? '',
  });
  const tests = catalogue.rows
    .map((one) => ({ id: one.code, label: one.name }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const instruments = [
    ...(everywhere ? [{ id: '', label: t('lots.everyInstrument') }] : []),
    ...(strip?.lines ?? []).map((line) => ({ id: line.id, label: line.name })),
  ];
  const place: Place = {
    testCode: given.testCode || (tests[0]?.id ?? ''),
    instrumentId: given.instrumentId || (instruments[0]?.id ?? ''),
  };
  return { place, tests, instruments, setGiven };
}

/** The fields that every target has: its test and instrument, what is particular to it, and where it is from. */
function TargetFields<Kind extends string>({
  of: { place, tests, instruments, setGiven },
  kind,
  kinds,
  onKind,
  children,
}: {
  of: ReturnType<typeof usePlace>;
  kind: Kind;
  kinds: readonly Kind[];
  onKind: (kind: Kind) => void;
  children?: ReactNode;
}) {
  const { t } = useTranslation('qc');
  return (
    <>
      <div className="qc-fields">
        <Choice
          label={t('columns.test')}
          width="100%"
          value={place.testCode}
          onChange={(testCode) => setGiven({ ...place, testCode })}
          options={tests}
        />
        <Choice
          label={t('columns.instrument')}
          width="100%"
          value={place.instrumentId}
          onChange={(instrumentId) => setGiven({ ...place, instrumentId })}
          options={instruments}
        />
        {children}
      </div>
      <Choice
        label={t('lots.columns.kind')}
        width="100%"
        value={kind}
        onChange={onKind}
        options={kinds.map((id) => ({ id, label: t(`lots.kinds.${id}`) }))}
      />
    </>
  );
}

const lotName = ({ lot }: TargetRow): string => `${lot.material} ${lot.level}, ${lot.lot}`;

/** F6: mean and SD by hand or from the insert. Points are judged by it once a supervisor approved it (W14). */
export function TargetDialog({ row, onClose }: { row: TargetRow; onClose: () => void }) {
  const { t } = useTranslation('qc');
  const of = usePlace(row, true);
  const [kind, setKind] = useState<'manufacturer' | 'fixed'>('manufacturer');
  const [mean, setMean] = useState('');
  const [sd, setSd] = useState('');
  const [tried, setTried] = useState(false);
  const plain = (text: string): string => text.trim().replace(',', '.');
  const number = (text: string): boolean => /^-?(\d+\.?\d*|\.\d+)$/.test(plain(text));
  const sdWrong = !number(sd) || Number(plain(sd)) <= 0;
  return (
    <FormDialog
      title={t('lots.set.title', { lot: lotName(row) })}
      text={t('lots.set.text')}
      confirm={t('lots.set.do')}
      onConfirm={async () => {
        setTried(true);
        if (!number(mean) || sdWrong || of.place.testCode === '') return 'stay';
        const given = { lotId: row.lot.id, ...of.place, kind, mean: plain(mean), sd: plain(sd) };
        const outcome = await command('qc.target.set', given);
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('lots.set.done'));
        onClose();
      }}
    >
      <TargetFields of={of} kind={kind} kinds={['manufacturer', 'fixed']} onKind={setKind}>
        <Field
          label={t('lots.columns.mean')}
          value={mean}
          width="100%"
          inputMode="decimal"
          data-autofocus
          error={tried && !number(mean) ? t('lots.set.number') : undefined}
          onChange={(event) => setMean(event.currentTarget.value)}
        />
        <Field
          label={t('lots.columns.sd')}
          value={sd}
          width="100%"
          inputMode="decimal"
          error={tried && sdWrong ? t('lots.set.positive') : undefined}
          onChange={(event) => setSd(event.currentTarget.value)}
        />
      </TargetFields>
    </FormDialog>
  );
}

/** F7: mean and SD from the lot's own points, at least 20 (W14). What was found is shown before it waits for approval. */
export function EstablishDialog({ row, onClose }: { row: TargetRow; onClose: () => void }) {
  const { t } = useTranslation('qc');
  const of = usePlace(row, false);
  const [kind, setKind] = useState<'established' | 'rolling'>('established');
  const { t: tp } = useTranslation('qc-plan');
  const { testCode, instrumentId } = of.place;
  const plans = useLive('qc.plan', {}).rows;
  const { rolling } =
    (
      plans.find((one) => one.testCode === testCode && one.instrumentId === instrumentId) ??
      plans.find((one) => one.testCode === testCode && one.instrumentId === '') ??
      plans.find((one) => one.testCode === '')
    )?.plan ?? {};
  return (
    <FormDialog
      title={t('lots.establish.title', { lot: lotName(row) })}
      text={t('lots.establish.text')}
      confirm={t('lots.establish.do')}
      buttonFirst
      onConfirm={async () => {
        const outcome = await command('qc.target.establish', { lotId: row.lot.id, ...of.place, kind });
        if (!outcome.ok) return outcome.error;
        const { mean, sd, points } = outcome.value;
        announce(t('lots.establish.done', { mean, sd, count: points }));
        return undefined;
      }}
      onClose={onClose}
    >
      <TargetFields of={of} kind={kind} kinds={['established', 'rolling']} onKind={setKind} />
      <p className="lv-caption" role="status" aria-label={t('lots.establish.from')}>
        {kind === 'rolling' && rolling !== undefined
          ? t('lots.establish.rolling', {
              window: tp(`rolling.of.${rolling.by}`, { count: rolling.count }),
            })
          : t('lots.establish.all')}
      </p>
    </FormDialog>
  );
}
