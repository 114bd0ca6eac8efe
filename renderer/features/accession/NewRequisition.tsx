import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { PatientRow } from '../../../shared/ipc/accession.ts';
import type { CatalogRow } from '../../../shared/ipc/admin.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { command } from '../../data/hooks.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { ageText } from '../../i18n/who.ts';
import { Button } from '../../ui/Button.tsx';
import { ErrorBanner } from '../../ui/ErrorBanner.tsx';
import { Choice, Field } from '../../ui/Field.tsx';
import { Panel, PanelSection, ScreenBody, SectionBar } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { FindPatient } from './FindPatient.tsx';
import { RegisterPatient } from './RegisterPatient.tsx';
import { accessionStore, openRequisition } from './state.ts';
import { TestPicker } from './TestPicker.tsx';

const priorities = ['routine', 'urgent', 'asap', 'stat'] as const;
type PriorityId = (typeof priorities)[number];

/** A requisition by hand: the patient at the left (found or registered), what is ordered at the right, F8 enters it. */
export function NewRequisition({ patient: given }: { patient: PatientRow | null }) {
  const { t } = useTranslation('accession');
  const [patient, setPatient] = useState<PatientRow | null>(given);
  const [registering, setRegistering] = useState(false);
  const [chosen, setChosen] = useState<readonly CatalogRow[]>([]);
  const [priority, setPriority] = useState<PriorityId>('routine');
  const [text, setText] = useState({ requester: '', ward: '', note: '', requisition: '' });
  const [error, setError] = useState<PlainError>();
  const [missing, setMissing] = useState<string>();
  const tests = useRef<HTMLInputElement>(null);
  const busy = useRef(false);

  useEffect(() => {
    if (patient !== null) tests.current?.focus();
  }, [patient]);

  const enter = async (): Promise<void> => {
    if (patient === null || busy.current) return;
    if (chosen.length === 0) {
      setMissing(t('fresh.testsMissing'));
      tests.current?.focus();
      return;
    }
    busy.current = true;
    const { requisition, ...rest } = text;
    const done = await command('order.enter', {
      patientId: patient.id,
      catalogCodes: chosen.map((entry) => entry.code),
      priority,
      ...rest,
      ...(requisition.trim() === '' ? {} : { requisition: requisition.trim() }),
    });
    busy.current = false;
    if (done.ok) openRequisition(done.value.requisition, done.value.requisition, { kind: 'requisition' });
    else setError(done.error);
  };
  const noEnter = patient === null ? t('fresh.patientFirst') : undefined;
  const back = (): void => {
    if (registering) setRegistering(false);
    else if (patient !== null && given === null) setPatient(null);
    else accessionStore.setState({ mode: 'receive', newFor: null });
  };
  useScreenKeys([
    ...(patient === null && !registering
      ? [
          {
            key: 'F2',
            label: t('fresh.registerKey'),
            run: () => setRegistering(true),
            icon: 'person' as const,
          },
        ]
      : []),
    { key: 'F8', label: t('fresh.enter'), run: () => void enter(), primary: true, disabledReason: noEnter },
    { key: 'Escape', label: t('fresh.back'), run: back, palette: false, group: 2 },
  ]);
  const field = (id: keyof typeof text, label: string, suffix?: string) => (
    <Field
      label={label}
      value={text[id]}
      suffix={suffix}
      onChange={(event) => setText({ ...text, [id]: event.currentTarget.value })}
    />
  );
  return (
    <ScreenBody
      panel={
        <Panel
          label={t('fresh.chosen')}
          width={528}
          foot={
            <Button primary size="final" keyName="F8" onClick={() => void enter()} disabledReason={noEnter}>
              {t('fresh.enter')}
            </Button>
          }
        >
          <ErrorBanner error={error} />
          {patient === null ? null : <Whose patient={patient} />}
          <PanelSection>
            <div className="lv-acc-form">
              <TestPicker
                ref={tests}
                chosen={chosen}
                error={missing}
                onChosen={(next) => {
                  setChosen(next);
                  setMissing(undefined);
                }}
              />
              <Choice
                label={t('fresh.priority')}
                options={priorities.map((id) => ({ id, label: t(`fresh.${id}`) }))}
                value={priority}
                onChange={setPriority}
              />
              {field('requester', t('fresh.requester'))}
              {field('ward', t('fresh.ward'))}
              {field('note', t('fresh.note'))}
              {field('requisition', t('fresh.number'), t('fresh.numberHint'))}
            </div>
          </PanelSection>
        </Panel>
      }
    >
      <SectionBar title={t(registering ? 'fresh.register' : 'fresh.title')} />
      {registering ? (
        <RegisterPatient
          onDone={(registered) => {
            setPatient(registered);
            setRegistering(false);
          }}
        />
      ) : (
        <FindPatient chosen={patient} onChoose={setPatient} onRegister={() => setRegistering(true)} />
      )}
    </ScreenBody>
  );
}

function Whose({ patient }: { patient: PatientRow }) {
  const { t } = useTranslation('accession');
  const format = useFormat();
  return (
    <PanelSection>
      <PatientName
        size="title"
        name={{
          family: patient.familyName,
          given: patient.givenName,
          transliteration: patient.transliteration || undefined,
        }}
      />
      <div className="lv-acc-who-line">
        <span className="lv-strong">
          {t(`patient.letter.${patient.sex}`)}
          {patient.age === '' ? null : ` · ${ageText(t, patient.age)}`}
        </span>
        <span>
          {patient.birthDate === '' ? t('patient.unknownBirth') : format.birthDate(patient.birthDate)}
        </span>
        <span className="lv-text-2">
          {t('patient.mrn')} <span className="lv-mono">{patient.identifier}</span>
        </span>
      </div>
    </PanelSection>
  );
}
