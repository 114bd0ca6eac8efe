import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequisitionRow } from '../../../shared/ipc/accession.ts';
import type { CatalogRow } from '../../../shared/ipc/admin.ts';
import { command } from '../../data/hooks.ts';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { nameText } from '../../ui/PatientName.tsx';
import { TestPicker } from './TestPicker.tsx';

/** Adds tests or panels to the requisition on screen; Enter in the empty field enters them. */
export function AddTests({ row, onClose }: { row: RequisitionRow; onClose: () => void }) {
  const { t } = useTranslation('accession');
  const [chosen, setChosen] = useState<readonly CatalogRow[]>([]);
  const [wrong, setWrong] = useState<string>();
  return (
    <FormDialog
      title={t('ordered.addTitle', { requisition: row.requisition })}
      text={t('ordered.addText', {
        name: nameText({ family: row.patient.familyName, given: row.patient.givenName }),
      })}
      confirm={t('ordered.addConfirm')}
      width={560}
      onClose={onClose}
      onConfirm={async () => {
        if (chosen.length === 0) {
          setWrong(t('ordered.addNothing'));
          return 'stay';
        }
        const done = await command('order.enter', {
          patientId: row.patient.id,
          requisition: row.requisition,
          catalogCodes: chosen.map((entry) => entry.code),
          priority: row.priority,
          requester: row.requester,
          ward: row.ward,
        });
        return done.ok ? undefined : done.error;
      }}
    >
      <TestPicker
        chosen={chosen}
        onChosen={(next) => {
          setChosen(next);
          setWrong(undefined);
        }}
        error={wrong}
        autoFocus
      />
    </FormDialog>
  );
}
