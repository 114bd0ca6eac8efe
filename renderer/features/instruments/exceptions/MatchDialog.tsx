import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useScan } from '../../../app/scan.ts';
import { command, useLiveOne } from '../../../data/hooks.ts';
import { ageText } from '../../../i18n/who.ts';
import { announce } from '../../../ui/announce.ts';
import { Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import { PatientName } from '../../../ui/PatientName.tsx';
import { type Asked, sentWords } from './asked.ts';

/** Says which specimen a held result belongs to, by scan or typed; whose it is stands there before it is posted. */
export function MatchDialog({
  exception,
  line,
  scanned,
  onClose,
}: Asked & {
  /** A number scanned already. */
  scanned: string;
}) {
  const { t } = useTranslation('instruments');
  const [number, setNumber] = useState(scanned);
  const [tried, setTried] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useScan((code) => {
    setNumber(code);
    return true;
  });
  const wanted = number.trim();
  const found = useLiveOne('accession.requisition', wanted.length < 4 ? null : { scanned: wanted });
  const plain = wanted.replace(/[\s-]/g, '').toUpperCase();
  const tube = found?.tubes.find(
    (one) =>
      one.accessionIdentifier !== '' &&
      (one.accessionIdentifier === plain || one.accessionDisplay === wanted),
  );
  const post = async () => {
    setTried(true);
    if (tube === undefined) {
      field.current?.focus();
      return 'stay';
    }
    const outcome = await command('exception.match', {
      taskId: exception.id,
      accessionIdentifier: tube.accessionIdentifier,
    });
    if (!outcome.ok) return outcome.error;
    const { posted } = outcome.value;
    announce(posted > 0 ? t('match.done', { count: posted }) : t('match.stillHeld'));
    return undefined;
  };
  const patient = found?.patient;
  return (
    <FormDialog
      title={t('match.title')}
      text={t('match.text', sentWords({ exception, line }, t))}
      confirm={t('match.confirm')}
      onConfirm={post}
      onClose={onClose}
      {...(tube === undefined || patient === undefined
        ? {}
        : {
            facts: [
              {
                label: t('match.patient'),
                value: (
                  <span className="lv-row">
                    <PatientName name={{ family: patient.familyName, given: patient.givenName }} />
                    <span className="lv-text-2">{ageText(t, patient.age)}</span>
                  </span>
                ),
              },
              {
                label: t('match.specimen'),
                value: `${tube.accessionDisplay} · ${tube.typeDisplay}`,
              },
              { label: t('match.tests'), value: tube.testCodes.join(', ') },
            ],
          })}
    >
      <Field
        ref={field}
        label={t('match.number')}
        value={number}
        width="100%"
        mono
        data-autofocus
        error={tried && tube === undefined ? t('match.unknown') : undefined}
        onChange={(event) => {
          setNumber(event.currentTarget.value);
          setTried(false);
        }}
      />
    </FormDialog>
  );
}
